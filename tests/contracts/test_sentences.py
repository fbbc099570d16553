"""Whoever sets a param finds a sentence about it where it is declared."""

from collections.abc import Iterator

from components.runtime.cluster import ClusterConfig
from pipelines.param_tree import Param, read_param_tree
from pipelines.params import Params

KIND = "kind"
"""Told by the sentences of the classes that it chooses between."""


def find_silent(param: Param, path: str) -> Iterator[str]:
    """Paths without a sentence; the kind itself is told by its class."""
    for variant in param.variants:
        kind = f"[{variant.kinds[0]}]" if variant.kinds else ""
        if variant.kinds and not variant.sentence:
            yield path + kind
        for child in variant.params:
            below = f"{path}{kind}.{child.name}".lstrip(".")
            if not child.sentence and child.name != KIND:
                yield below
            yield from find_silent(child, below)


def test_every_param_has_a_sentence() -> None:
    assert sorted(set(find_silent(read_param_tree(Params), ""))) == []


def test_every_field_of_a_cluster_file_has_a_sentence() -> None:
    assert list(find_silent(read_param_tree(ClusterConfig), "")) == []
