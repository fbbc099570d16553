"""All probes of one model: what each has to say, and where it has nothing to say."""

import pytest
import torch

from components.generation.pool import LocalPool
from components.prompting.probes.config import ContextConfig, InductionConfig
from components.prompting.probes.models import look_evenly, probe_context, probe_induction
from tests.tiny import make_model, make_tokenizer

INDUCTION = InductionConfig(sequences=4, length=8, rounds=3, threshold=0.0)
CONTEXT = ContextConfig(documents=4, tokens=24, window=3)


@pytest.fixture(scope="module")
def pool() -> LocalPool:
    tokenizer = make_tokenizer()
    return LocalPool(make_model(tokenizer), tokenizer)


def test_an_untrained_model_looks_nowhere_in_particular(pool: LocalPool) -> None:
    found = probe_induction(pool, INDUCTION, seed=1)
    assert found.induction_score is not None and found.even_score is not None
    assert found.induction_score == max(max(layer) for layer in found.prefix_matching)
    assert found.induction_score == pytest.approx(found.even_score, abs=0.08)
    assert found.induction_heads == 8  # of a threshold that all reach
    assert found.repeated_nats == pytest.approx(found.first_nats, rel=0.2)
    assert probe_induction(pool, INDUCTION, seed=1) == found


def test_an_even_gaze_sees_all_before_it_alike() -> None:
    torch.testing.assert_close(look_evenly(3)[0, 0], torch.tensor([[1.0, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3] * 3]))


def test_the_interval_of_the_in_context_score_is_as_wide_as_it_is_told(pool: LocalPool) -> None:
    rows = torch.randint(2, 300, (6, 24), generator=torch.Generator().manual_seed(0))
    narrow, wide = (probe_context(pool, CONTEXT, rows, confidence) for confidence in (0.5, 0.99))
    assert narrow.in_context_score == wide.in_context_score
    widths = [(one.in_context_high or 0) - (one.in_context_low or 0) for one in (narrow, wide)]
    assert widths[1] / widths[0] == pytest.approx(2.5758 / 0.6745, rel=1e-2)


def test_where_a_text_does_not_fit_nothing_is_said(pool: LocalPool) -> None:
    short = LocalPool(pool.model, pool.tokenizer, max_length=20)
    assert probe_induction(short, INDUCTION, seed=1).to_json() == {"prefix_matching": [], "curve": {}}
    rows = torch.full((6, 24), 7)
    assert probe_context(short, CONTEXT, rows, 0.95).in_context_score is None
    assert probe_context(pool, CONTEXT, rows[:1], 0.95).in_context_score is None
