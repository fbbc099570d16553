"""Intervals and paired tests for shares of right answers, in closed form."""

import math
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """A share and the ends of its confidence interval."""

    share: float
    low: float
    high: float


def wilson_interval(right: int, n: int, confidence: float) -> Interval:
    """Wilson's score interval (J. Am. Stat. Assoc. 22, 1927): sound near 0 and 1, unlike the normal one."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def paired_interval(only_first: int, only_second: int, n: int, confidence: float) -> Interval:
    """Interval of the difference of two shares over the same n items (Agresti and Min 2005, adjusted Wald).

    Takes the counts of items that only the first, and only the second, answers right.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    # Half an item more in each of the four cells.
    first, second, total = only_first + 0.5, only_second + 0.5, n + 2
    centre = (first - second) / total
    half = z * math.sqrt(first + second - (first - second) ** 2 / total) / total
    return Interval((only_first - only_second) / n, max(-1.0, centre - half), min(1.0, centre + half))


def mcnemar_p_value(only_first: int, only_second: int) -> float:
    """Exact two-sided McNemar test: were the items on which two methods differ split by a fair coin?

    Takes the counts of items that only the first, and only the second, answers right.
    """
    n = only_first + only_second
    tail = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / (1 << n))
