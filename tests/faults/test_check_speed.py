"""Checking is so quick that nobody skips it."""

import resource
import time

from tests.trees import ROOT, run_in

LIMIT_S = 2.0


def test_check_takes_less_than_two_seconds() -> None:
    """The machine may be busy with other work, so the processor's time counts, over the best of three."""
    taken = []
    for _ in range(3):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = run_in(ROOT, "pipelines", "check")
        after, wall_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
        assert done.returncode == 0, done.stderr
        used_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        taken.append(min(used_s, wall_s))
    assert min(taken) <= LIMIT_S
