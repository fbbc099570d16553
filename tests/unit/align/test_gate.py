"""What must hold before alignment starts and after it ends."""

from pathlib import Path
from typing import Any

import pytest

from components.align.config import AlignConfig, PpoConfig
from components.align.gate import require_good_reward, summarize
from components.base.errors import GateError
from components.base.files import write_json
from components.base.validation import validate
from components.base.yaml import read_yaml

SECTION = read_yaml(Path(__file__).parents[3] / "params.yaml")["align"]


def make_config(**changes: Any) -> AlignConfig:
    cfg: AlignConfig = validate(PpoConfig, SECTION | changes, where="align")
    return cfg


def write_manifest(folder: Path, accuracy: float) -> Path:
    write_json(folder / "manifest.json", {"metrics": {"heldout_accuracy": accuracy}})
    return folder


def test_a_reward_model_below_its_bound_is_refused_and_one_at_it_is_not(tmp_path: Path) -> None:
    cfg = make_config(reward={"kind": "model", "min_accuracy": 0.7})
    require_good_reward(cfg, write_manifest(tmp_path, 0.7))
    with pytest.raises(GateError, match=r"ranks 69\.0% of held-out pairs right"):
        require_good_reward(cfg, write_manifest(tmp_path, 0.69))


def test_who_climbs_no_reward_model_asks_nothing_of_it(tmp_path: Path) -> None:
    require_good_reward(make_config(reward={"kind": "checker"}), write_manifest(tmp_path, 0.1))


def test_the_divergence_is_told_by_its_own_name_and_held_to_its_budget() -> None:
    cfg = make_config(kl_budget=2.0)
    figures = summarize(cfg, {"kl_after": 1.5, "reward_after": 0.3}, steps=7)
    assert figures.to_json() == {"kl_to_sft": 1.5, "kl_budget": 2.0, "reward_after": 0.3, "iterations": 7}
    with pytest.raises(GateError, match=r"2\.50 nats a response .* raise kl\.coefficient"):
        summarize(cfg, {"kl_after": 2.5}, steps=7)


def test_figures_of_tasks_stand_under_their_names() -> None:
    measured = {
        "kl_after": 0.5,
        "exact_match_after": 0.4,
        "exact_match.sums_before": 0.1,
        "exact_match.sums_after": 0.3,
    }
    found = summarize(make_config(), measured | {"exact_match.my_words_after": 0.5}, steps=7)
    assert found.exact_match_after == 0.4
    assert found.tasks is not None and {task: own.to_json() for task, own in found.tasks.items()} == {
        "sums": {"exact_match_before": 0.1, "exact_match_after": 0.3},
        "my_words": {"exact_match_after": 0.5},
    }
