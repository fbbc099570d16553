"""Alignment by preference pairs alone: DPO learns them, resumes, shares its batches, and refuses what it must."""

from pathlib import Path

import pytest

from components.base.curves import read_curves
from components.base.errors import DataError, GateError, PipelineError
from components.runtime.folder import load_folder
from tests.stages.clusters import write_cluster
from tests.stages.faults import kill_workers_after_a_checkpoint
from tests.stages.test_align import align, make_dpo


@pytest.fixture
def inprocess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    return tmp_path


def test_it_learns_preferences_that_are_easy_to_see_and_carries_them_to_others(inprocess: Path) -> None:
    metrics, out = align(inprocess, make_dpo(), accuracy=0.1)  # no reward model is climbed, so none need be good
    load_folder(out / "model")
    rows = read_curves(out / "curves.csv")
    assert float(rows[0]["loss"]) == pytest.approx(0.6931, abs=1e-3)  # ln 2: the policy is still the reference
    assert float(rows[-1]["loss"]) < 0.4
    assert metrics["heldout_pair_accuracy"] >= 0.9
    assert metrics["iterations"] == len(rows)
    assert {"exact_match_before", "exact_match_after", "reward_before", "reward_after", "kl_to_sft"} <= set(metrics)
    assert [bool(row["kl"]) for row in rows[:4]] == [False, False, False, True]


def test_fewer_pairs_than_a_batch_are_refused(inprocess: Path) -> None:
    with pytest.raises(DataError, match=r"align: \d+ preference pairs to train on are fewer than align\.batch_size 64"):
        align(inprocess, make_dpo(batch_size=64))


def test_a_policy_beyond_its_kl_budget_is_refused_with_what_would_mend_it(inprocess: Path) -> None:
    with pytest.raises(GateError, match=r"kl_budget is 1e-09: raise beta, or lower optimization\.learning_rate"):
        align(inprocess, make_dpo(kl_budget=1e-9))


@pytest.mark.ray
def test_two_workers_walk_the_path_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    _, alone = align(tmp_path / "a", make_dpo(epochs=1))
    write_cluster(tmp_path, monkeypatch, num_workers=2)
    _, pair = align(tmp_path / "b", make_dpo(epochs=1))
    for one, two in zip(read_curves(alone / "curves.csv"), read_curves(pair / "curves.csv"), strict=True):
        for name in ("loss", "pair_margin", "grad_norm"):
            assert float(one[name]) == pytest.approx(float(two[name]), abs=1e-3)
    with pytest.raises(PipelineError, match="must be multiples of 2 workers"):
        align(tmp_path / "c", make_dpo(batch_size=9))


@pytest.mark.ray
def test_a_killed_worker_goes_on_from_its_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=1)
    with kill_workers_after_a_checkpoint("align", tmp_path / "align") as kill:
        metrics, out = align(tmp_path, make_dpo(epochs=12))
    kill.assert_only_later_steps_were_trained_again(out / "curves.csv", metrics["iterations"])


@pytest.mark.ray
def test_engines_measure_the_policy_as_workers_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = []
    for engines in (0, 1):
        write_cluster(tmp_path, monkeypatch, {"num_cpus": 2}, {"engines": engines}, num_workers=0)
        found, _ = align(tmp_path / f"{engines}", make_dpo())
        figures.append({name: found[name] for name in ("exact_match_after", "reward_after", "kl_to_sft")})
    assert figures[1] == pytest.approx(figures[0], rel=1e-5, abs=1e-6)
