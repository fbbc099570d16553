"""A stage's line in the log tells figures that the stage has."""

import pytest

from components.metrics.headlines import HEADLINES, write_headline
from components.metrics.stages import STAGE_METRICS, is_figure


def test_every_stage_has_a_headline() -> None:
    assert set(HEADLINES) == set(STAGE_METRICS)


@pytest.mark.parametrize("stage", HEADLINES)
def test_a_headline_names_figures_of_its_stage(stage: str) -> None:
    assert 1 < len(HEADLINES[stage]) <= 3
    assert [name for name in HEADLINES[stage] if not is_figure(stage, name)] == []


def test_figures_are_written_as_people_read_them() -> None:
    figures = {"exact_match_cot": 0.8, "exact_match_direct": None, "tokens_per_s": 14718.3}
    assert write_headline("sft", figures) == "exact_match_cot 0.800 · tokens/s 14,718"
    assert write_headline("serve", {"parity": True, "p50_ms": 654.2}) == "parity yes · p50_ms 654"


def test_a_component_of_ones_own_may_lack_them_all() -> None:
    assert write_headline("align", {"own_figure": 1.0}) == ""
