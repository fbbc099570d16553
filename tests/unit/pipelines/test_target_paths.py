"""A target that names nothing is refused before anything runs."""

from typing import Any

import pytest

from components.base.validation import validate
from components.base.yaml import read_yaml
from pipelines.params import PARAMS_FILE, Params
from pipelines.target_paths import find_dead_targets


def find(changed: dict[str, Any], **sections: Any) -> list[str]:
    plain = read_yaml(PARAMS_FILE) | sections
    plain["report"]["targets"] = [plain["report"]["targets"][0] | changed]
    params: Params = validate(Params, plain, where="params.yaml")
    return list(find_dead_targets(params))


def test_the_targets_that_ship_all_name_a_figure() -> None:
    params: Params = validate(Params, read_yaml(PARAMS_FILE), where="params.yaml")
    assert list(find_dead_targets(params)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"figure": "reward.heldout_acuracy"}, "reward.heldout_acuracy names no figure; reward has wall_s, "),
        ({"figure": "rewards.heldout_accuracy"}, "rewards.heldout_accuracy names no stage; there are corpus, "),
        ({"value": "align.params.kl_buget"}, "align.params.kl_buget names no param of align"),
        ({"minus": "sft.exact_match"}, "sft.exact_match names no figure"),
    ],
)
def test_what_names_nothing_is_named(changed: dict[str, Any], said: str) -> None:
    (found,) = find(changed)
    assert found.startswith(f"report.targets: {said}")


def test_figures_of_a_component_of_ones_own_are_its_own_affair() -> None:
    external = {"kind": "external", "target": "mine:run", "options": {}}
    assert find({"figure": "align.mine"}, align=external) == []
