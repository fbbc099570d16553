"""Multiple choice: the continuation that a model finds likeliest behind a prompt (Brown et al. 2020, section 2.4)."""

from collections.abc import Sequence
from typing import NamedTuple


class Likelihood(NamedTuple):
    """A continuation's log-likelihood in nats, and whether each of its tokens is the likeliest where it stands."""

    logprob: float
    greedy: bool


def choose(scores: Sequence[Likelihood], lengths: Sequence[int] | None = None) -> int:
    """Index of the likeliest continuation, the first of equal ones; with `lengths`, the likeliest for its length.

    `lengths` are usually those of the texts in bytes, so that the choice does not hang on a tokenizer.
    """
    values = [score.logprob / (length or 1) for score, length in zip(scores, lengths or [1] * len(scores), strict=True)]
    return max(range(len(values)), key=lambda index: values[index])
