"""Lists of variants are checked whole before the first of them runs."""

from typing import Any

import pytest

from components.base.errors import ParamsError
from pipelines.__main__ import main
from pipelines.ablate import Ablation, check_variants, list_ablations, override


def make_ablation(**change: Any) -> Ablation:
    return Ablation(title="t", seeds=[0], common={}, variants=[{"name": "one", "set": change}])  # type: ignore[list-item]


def test_every_list_that_ships_is_valid() -> None:
    from components.base.validation import validate
    from components.base.yaml import read_yaml
    from pipelines.ablate import FOLDER

    assert "survey" in list_ablations()
    for name in list_ablations():
        check_variants(validate(Ablation, read_yaml(FOLDER / f"{name}.yaml"), where=name))


def test_an_override_reaches_its_place_and_touches_nothing_else() -> None:
    plain = {"a": {"b": 1, "c": 2}}
    assert override(plain, {"a.b": 5, "d.e": 6}) == {"a": {"b": 5, "c": 2}, "d": {"e": 6}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pretrain.model.layerz": 3}, "variant one: .*layerz: unknown parameter"),
        ({"pretrain.model.norm.kind": "deepnorm"}, "variant one: .*set norm.position to post"),
    ],
)
def test_a_variant_that_cannot_run_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ParamsError, match=said):
        check_variants(make_ablation(**change))


def test_an_unknown_list_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", "nonesuch"]) == 2
    assert "'nonesuch' is not one of objectives, survey" in capsys.readouterr().err
