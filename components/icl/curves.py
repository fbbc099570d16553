"""Self-consistency by the number of chains, from one set of samples: what the majority of n of N is expected to be.

An average over all choices of n among the N chains that were sampled, in closed form, and so unbiased (as pass@k is,
Chen et al. 2021, arXiv 2107.03374).
"""

from collections import Counter
from collections.abc import Sequence
from math import comb


def expect_majority(answers: Sequence[str | None], right: Sequence[bool], n: int) -> float:
    """Probability that the majority of n chains, drawn from these without replacement, is right.

    A chain without an answer has no vote; among equals each answer wins alike, as the first one seen does in a random
    order. `right` says of each chain whether its answer is.
    """
    counts = Counter(answer for answer in answers if answer is not None)
    correct = {answer for answer, is_right in zip(answers, right, strict=True) if is_right}
    silent = sum(answer is None for answer in answers)
    won = sum(
        _count_wins(counts[winner], [c for other, c in counts.items() if other != winner], silent, n)
        for winner in correct
        if winner is not None
    )
    return won / comb(len(answers), n)


def _count_wins(own: int, others: Sequence[int], silent: int, n: int) -> float:
    """Choices of n in which one answer is the most frequent, each by its share where it is among equals."""
    won = 0.0
    for votes in range(1, min(own, n) + 1):
        # ways[chosen][tied]: of the other answers, none more frequent than ours and so many as frequent.
        ways = {(0, 0): 1}
        for count in others:
            grown: Counter[tuple[int, int]] = Counter()
            for (chosen, tied), way in ways.items():
                for more in range(min(count, votes, n - votes - chosen) + 1):
                    grown[chosen + more, tied + (more == votes)] += way * comb(count, more)
            ways = dict(grown)
        for (chosen, tied), way in ways.items():
            rest = n - votes - chosen
            if 0 <= rest <= silent:
                won += comb(own, votes) * way * comb(silent, rest) / (tied + 1)
    return won
