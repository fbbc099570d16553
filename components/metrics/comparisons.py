"""Two ways to answer the same items, compared item by item."""

from collections.abc import Iterable

from components.metrics.deployment import Comparison
from components.metrics.figures import DIGITS
from components.metrics.intervals import mcnemar_p_value, paired_interval


def compare_answers(pairs: Iterable[tuple[bool, bool]], confidence: float) -> Comparison:
    """First minus second over pairs that say whether each was right, with its interval and McNemar's exact p-value."""
    known = list(pairs)
    only_first = sum(first and not second for first, second in known)
    only_second = sum(second and not first for first, second in known)
    difference, low, high = paired_interval(only_first, only_second, len(known), confidence)
    return Comparison(
        difference=round(difference, DIGITS),
        low=round(low, DIGITS),
        high=round(high, DIGITS),
        p_value=round(mcnemar_p_value(only_first, only_second), DIGITS),
    )
