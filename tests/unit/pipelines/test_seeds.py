"""The whole graph under several seeds: a row for each, also for one under which a stage refuses."""

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import PipelineError
from components.metrics.seeds import read_seeds
from pipelines import seeds
from pipelines.__main__ import main
from pipelines.params import read_params

CELL = {"exact_match": 0.6, "low": 0.5, "high": 0.7, "n": 60}
TARGETS = [
    {"claim": "Tuning works", "figure": "sft.exact_match_cot", "value": 0.8, "bound": 0.6, "met": True},
    {"claim": "PPO helps", "figure": "align.exact_match_after − align.exact_match_before", "bound": 0.15, "met": False},
]
METRICS: dict[str, dict[str, Any]] = {
    "report": {"targets_met": 1, "targets_total": 2, "targets": TARGETS},
    "sft": {"exact_match_cot": 0.8},
    "reward": {"heldout_accuracy": 0.81},
    "align": {"exact_match_after": 0.7},
    "evaluate": {"self_consistency_minus_greedy_cot": 0.01, "tasks": {"everyday": {"aligned": {"few_shot_cot": CELL}}}},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """The seeds that are run; the second is refused by a gate."""
    ran: list[int] = []
    first = read_params().shared.seed

    def pretend(name: str, settings: Mapping[str, Any], target: str) -> None:
        ran.append(settings["shared.seed"])
        assert (name, target) == (f"seed-{ran[-1]}", "report")
        if ran[-1] == first + 1:
            raise PipelineError("dvc exp run failed: align: the policy is\n9.10 nats away")

    monkeypatch.setattr(seeds, "lend_head", nullcontext)
    monkeypatch.setattr(seeds, "run_experiment", pretend)
    monkeypatch.setattr(seeds, "read_experiment", lambda name, stage: METRICS[stage])
    monkeypatch.setattr(seeds, "RESULTS", tmp_path / "seeds.json")
    return ran


def test_seeds_follow_the_shared_one_and_each_tells_its_figures(asked: list[int], tmp_path: Path) -> None:
    found = seeds.run_seeds(3)
    first = read_params().shared.seed
    assert asked == [first, first + 1, first + 2]
    assert read_seeds(tmp_path / "seeds.json") == found
    row = found.seeds[0]
    assert (row.seed, row.targets_met, row.targets_total, row.missed) == (first, 1, 2, ["PPO helps"])
    assert row.figures == {
        "sft.exact_match_cot": 0.8,
        "reward.heldout_accuracy": 0.81,
        "align.exact_match_after": 0.7,
        "evaluate.self_consistency_minus_greedy_cot": 0.01,
        "evaluate.tasks.everyday.aligned.few_shot_cot.exact_match": 0.6,
    }
    assert found.summary["align.exact_match_after"].mean == 0.7


def test_a_seed_that_fails_is_a_row_with_its_reason_and_meets_no_target(asked: list[int]) -> None:
    failed = seeds.run_seeds(2).seeds[1]
    assert failed.error == "dvc exp run failed: align: the policy is 9.10 nats away"
    assert (failed.targets_met, failed.figures) == (0, {})
    assert failed.targets_total == len(failed.missed) > 10


def test_what_is_done_is_written_before_the_next_seed_begins(
    asked: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(name: str, settings: Mapping[str, Any], target: str) -> None:
        if settings["shared.seed"] != read_params().shared.seed:
            raise KeyboardInterrupt

    monkeypatch.setattr(seeds, "run_experiment", stop)
    with pytest.raises(KeyboardInterrupt):
        seeds.run_seeds(3)
    assert len(read_seeds(tmp_path / "seeds.json").seeds) == 1


def test_no_seed_at_all_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seeds", "0"]) == 2
    assert "error: seeds: 0 is not at least 1" in capsys.readouterr().err
