"""Find where the proxy reward goes on rising while the ground truth falls.

The pattern is that of Gao, Schulman and Hilton, "Scaling Laws for Reward Model Overoptimization"
(arXiv 2210.10760): the gold score peaks, the proxy does not.
"""

from bisect import bisect_right

from components.report.run_record import Points


def find_over_optimisation(
    proxy: Points, truth: Points, *, truth_drop: float, proxy_rise: float
) -> tuple[float, float] | None:
    """The steps (from, to) of the stretch after the truth's peak, or None where there is no such stretch.

    It is one when some later measurement of the truth lies at least `truth_drop` below the peak while
    the proxy there is above its value at the peak by more than `proxy_rise`. The stretch ends with the
    last such measurement, so a run that recovers is marked only where it was astray.
    """
    if not proxy or not truth:
        return None
    peak_step, peak = max(truth, key=lambda point: point[1])
    at_peak = _value_at(proxy, peak_step)
    astray = [
        step
        for step, value in truth
        if step > peak_step and peak - value >= truth_drop and _value_at(proxy, step) - at_peak > proxy_rise
    ]
    return (peak_step, astray[-1]) if astray else None


def _value_at(points: Points, step: float) -> float:
    """The last value at or before the step (the first one, before the curve begins)."""
    position = bisect_right([x for x, _ in points], step)
    return points[max(position - 1, 0)][1]
