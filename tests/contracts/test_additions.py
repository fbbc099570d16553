"""What is to be added often stands in few places; the pages in docs/how-to count them."""

import re

import pytest

from tests.contracts.source import ROOT, source_files

PLACES = {
    "choice_letter": {"components/tasks/extract.py"},
    "max_top_bigram": {"components/corpus/config.py", "components/corpus/quality.py"},
    "AdaptiveKl": {"components/align/config.py", "components/align/kl.py"},
    "DpoConfig": {"components/align/config.py", "components/align/offline.py"},
    "norm_qk": {"components/model/families.py", "components/model/attention.py"},
    "FsdpConfig": {"components/parallel/config.py", "components/parallel/mesh.py", "components/runtime/cluster.py"},
    "zero_shot_cot": {"components/evaluate/methods.py"},
}
"""A name that ships, as a sample of its kind, and every module that spells it."""


@pytest.mark.parametrize("name", PLACES)
def test_an_addition_touches_so_many_modules(name: str) -> None:
    spelt = re.compile(rf"\b{name}\b")
    found = {path for path in source_files("components", "pipelines") if spelt.search(path.read_text(encoding="utf-8"))}
    assert {str(path.relative_to(ROOT)) for path in found} == PLACES[name]
