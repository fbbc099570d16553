"""Figures of a load test."""

import pytest

from components.base.errors import GateError
from components.metrics.deployment import LoadFigures, ServeMetrics
from components.serve.load_test import Reply, require_answers, summarise_replies


def test_failures_count_as_failures_and_not_as_latency() -> None:
    answers = [Reply(latency_s=s / 10, completion_tokens=10) for s in range(1, 10)] + [Reply(error="late")]
    row = summarise_replies(answers, wall_s=2.0)
    assert (row.requests_ok, row.requests_failed, row.errors) == (9, 1, ["late"])
    assert (row.p50_ms, row.p95_ms) == (500.0, 860.0)
    assert (row.requests_per_s, row.tokens_per_s) == (4.5, 45.0)


def test_a_level_without_one_answer_has_no_latency() -> None:
    row = summarise_replies([Reply(error="refused")], wall_s=1.0)
    assert row.p50_ms is None and row.requests_failed == 1


def test_a_load_test_passes_only_if_every_answer_came_and_was_the_offline_one() -> None:
    good = ServeMetrics(requests_ok=10, requests_failed=0)
    require_answers(True, good)
    with pytest.raises(GateError, match="differ from the offline ones, 0 of 10 requests failed"):
        require_answers(False, good)
    level = LoadFigures(requests_ok=9, requests_failed=1, errors=["APIConnectionError: gone"])
    bad = ServeMetrics(requests_ok=9, requests_failed=1, load={"8": level})
    with pytest.raises(GateError, match=r"1 of 10 requests failed; the first error: APIConnectionError: gone"):
        require_answers(True, bad)
