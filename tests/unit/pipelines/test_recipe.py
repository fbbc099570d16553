"""Recipes: what an overlay changes, and how it is shown and applied."""

from pathlib import Path

import pytest

from components.base.errors import ParamsError
from components.base.yaml import read_yaml
from pipelines.params import PARAMS_FILE
from pipelines.recipe import (
    Recipe,
    describe_changes,
    list_recipes,
    merge_recipe,
    overlay,
    read_recipe,
    write_params,
)
from tests.contracts.source import ROOT


@pytest.fixture(autouse=True)
def in_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_mappings_merge_lists_are_replaced_and_null_takes_a_mapping_away() -> None:
    base = {"a": {"x": 1, "y": [1, 2]}, "b": {"p": 1}, "c": 3}
    assert overlay(base, {"a": {"y": [3]}, "b": None, "c": None}) == {"a": {"x": 1, "y": [3]}, "c": None}


def test_a_section_of_another_kind_takes_the_place_of_the_whole() -> None:
    base = {"optimizer": {"kind": "adamw", "beta1": 0.9}}
    assert overlay(base, {"optimizer": {"kind": "lion"}}) == {"optimizer": {"kind": "lion"}}
    assert overlay(base, {"optimizer": {"beta1": 0.8}}) == {"optimizer": {"kind": "adamw", "beta1": 0.8}}


def test_changes_are_told_leaf_by_leaf() -> None:
    base, merged = merge_recipe(Recipe(title="small", params={"shared": {"seed": 5}, "sft": {"seq_len": 64}}))
    assert list(describe_changes(base, merged)) == ["shared.seed: 17 → 5", "sft.seq_len: 256 → 64"]


def test_params_that_do_not_hold_are_refused_with_their_path() -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml under the recipe: sft\.full\.seq_len"):
        merge_recipe(Recipe(title="wrong", params={"sft": {"seq_len": "long"}}))


def test_a_param_that_is_set_besides_takes_the_place_of_what_stood_there() -> None:
    page = "{kind: page, path: components/tasks/builtin/everyday.yaml}"
    _, merged = merge_recipe(Recipe(title="own", params={}), [f"shared.tasks.everyday={page}", "shared.seed=3"])
    assert merged["shared"]["seed"] == 3
    assert merged["shared"]["tasks"]["everyday"] == {"kind": "page", "path": "components/tasks/builtin/everyday.yaml"}


@pytest.mark.parametrize("setting", ["seed", "=3", "shared.seed=[", "shared.seed.deeper=1"])
def test_what_sets_nothing_is_refused(setting: str) -> None:
    with pytest.raises(ParamsError, match="--set"):
        merge_recipe(Recipe(title="wrong", params={}), [setting])


def test_an_unknown_recipe_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParamsError, match=r"'nix' is not one of .*, nor the path of a \.yaml file"):
        read_recipe("nix")


def test_a_recipe_of_the_user_s_own_is_read_by_its_path(tmp_path: Path) -> None:
    Path("mine.yaml").write_text("title: mine\nparams: {shared: {seed: 1}}\n", encoding="utf-8")
    assert read_recipe("mine.yaml").params == {"shared": {"seed": 1}}


def test_applied_params_are_the_recipe_s_and_keep_the_comments() -> None:
    before = PARAMS_FILE.read_text(encoding="utf-8")
    _, merged = merge_recipe(
        Recipe(title="small", params={"shared": {"seed": 5}, "align": {"kl": {"coefficient": 0.2}}})
    )
    write_params(merged)
    assert read_yaml(PARAMS_FILE) == merged
    after = PARAMS_FILE.read_text(encoding="utf-8")
    comments = [line for line in before.splitlines() if line.strip().startswith("#")]
    assert [line for line in after.splitlines() if line.strip().startswith("#")] == comments


@pytest.mark.parametrize("name", list_recipes())
def test_what_comes_with_the_project_holds(name: str) -> None:
    base, merged = merge_recipe(read_recipe(name))
    assert merged != base
