"""What docs/how-to says of alignment methods and stages stands in the tree, and the params that it shows are valid."""

import re
from pathlib import Path

import pytest

from components.align.config import DpoConfig
from components.base.validation import validate
from components.base.yaml import read_yaml
from tests.contracts.source import ROOT

FOLDER = ROOT / "docs" / "how-to"
PAGES = {name: (FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in ("align-method", "stage")}


def test_the_section_that_is_shown_is_a_valid_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGES["align-method"], re.DOTALL)
    path = tmp_path / "params.yaml"
    path.write_text(block, encoding="utf-8")
    assert isinstance(validate(DpoConfig, read_yaml(path)["align"], where="align"), DpoConfig)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = re.findall(r"`((?:components|pipelines|tests)/[\w/]+\.\w+)`", PAGES[page])
    assert named and all((ROOT / name).is_file() for name in named)
