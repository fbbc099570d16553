"""The targets under several seeds, as the page tells them."""

from pathlib import Path
from typing import Any

import pytest

from components.base.files import write_json
from components.metrics.files import write_figures
from components.metrics.seeds import SeedRow, summarise_seeds
from components.plots.strips import draw_strip
from components.report.config import TargetConfig
from components.report.seeds import describe_seeds, read_page

TARGETS = [
    TargetConfig(claim="Tuning works", figure="sft.exact_match_cot", bound="at_least", value=0.6, unit="percent"),
    TargetConfig(
        claim="PPO helps", figure="align.exact_match_after", minus="align.exact_match_before",
        bound="at_least", value=0.15, unit="points",
    ),
    TargetConfig(claim="Better than counting", figure="pretrain.bits_per_byte", bound="below", value="pretrain.ngram"),
]  # fmt: skip
GAIN = "align.exact_match_after − align.exact_match_before"


def make_row(seed: int, cot: float, gain: float, **rest: Any) -> SeedRow:
    missed = [c for c, bad in (("Tuning works", cot < 0.6), ("PPO helps", gain < 0.15)) if bad]
    figures = {"sft.exact_match_cot": cot, GAIN: gain, "pretrain.bits_per_byte": 0.9, "reward.heldout_accuracy": 0.8}
    return SeedRow(seed=seed, targets_met=3 - len(missed), targets_total=3, missed=missed, figures=figures, **rest)


FAILED = SeedRow(
    seed=19, targets_met=0, targets_total=3, missed=[t.claim for t in TARGETS], figures={}, error="align: too far"
)


def test_each_target_is_told_with_its_spread_and_how_often_it_was_met() -> None:
    page = describe_seeds(summarise_seeds([make_row(17, 0.8, 0.2), make_row(18, 0.5, 0.3), FAILED]), TARGETS)
    assert "under 3 seeds: all targets are met under 1 of them" in page.intro
    tuning, gain, counting = page.targets
    assert (tuning.mean, tuning.extremes) == ("65.0\u202f% ± 21.2\u202f%", "50.0\u202f% – 80.0\u202f%")
    assert (tuning.wanted, tuning.met, tuning.missed) == ("≥ 60.0\u202f%", "1 of 3", True)
    assert (gain.mean, gain.met) == ("+25.0\u202fpts ± 7.1\u202fpts", "2 of 3")
    assert (counting.wanted, counting.met) == ("< its own bound", "2 of 3")
    assert [line.figure for line in page.others] == ["reward.heldout_accuracy"]
    assert page.seeds[0] == (17, "3 of 3", "—")
    assert page.seeds[1] == (18, "2 of 3", "Tuning works")
    assert page.seeds[2] == (19, "0 of 3", "align: too far")


def test_a_target_that_no_seed_has_measured_is_a_dash() -> None:
    page = describe_seeds(summarise_seeds([FAILED]), TARGETS)
    assert {(line.mean, line.strip) for line in page.targets} == {("—", "—")}


def test_without_a_file_there_is_no_part_of_the_page(tmp_path: Path) -> None:
    assert read_page(None, TARGETS) is None
    assert read_page(str(tmp_path / "seeds.json"), TARGETS) is None
    write_figures(tmp_path / "seeds.json", summarise_seeds([make_row(17, 0.8, 0.2)]))
    assert read_page(str(tmp_path / "seeds.json"), TARGETS) is not None


def test_a_strip_has_a_dot_for_each_seed_and_shows_misses() -> None:
    drawn = draw_strip([0.5, 0.8], 0.6, "cot", missed=[True, False])
    assert "var(--miss" in drawn and "var(--accent" in drawn and 'aria-label="cot"' in drawn
    assert "var(--miss" not in draw_strip([0.7], None, "cot", missed=[False])


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "seeds.json", {"seeds": 3})
    with pytest.raises(Exception, match="no figures under several seeds"):
        read_page(str(tmp_path / "seeds.json"), TARGETS)
