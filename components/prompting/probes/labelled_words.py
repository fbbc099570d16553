"""What of labelled words was learned: to read their labels off the context, or by heart.

Source: Chan et al. 2022 (arXiv 2205.05055). Shapes: Q questions, L labels.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Generic, NamedTuple, TypeVar

from components.base.rng import derive_seed
from components.datasets.bursty import LabelledSequence, LabelledWords
from components.retrieval.words import Floats

T = TypeVar("T")
WeighLabels = Callable[[Sequence[str], Sequence[str]], Floats]
"""The log-probability of each label, given as it goes on, behind each prompt, [Q, L]."""


class Recall(NamedTuple, Generic[T]):
    """Something of either kind."""

    in_context: T
    """Of new words, whose labels stand in the context."""
    in_weights: T
    """Of words of the data, whose labels do not."""


def draw_questions(words: LabelledWords, questions: int, seed: int) -> Recall[list[LabelledSequence]]:
    """So many of either kind."""
    rng = Random(derive_seed(seed, "probes", "labelled words"))
    in_context = [words.draw_in_context(rng) for _ in range(questions)]
    return Recall(in_context, [words.draw_in_weights(rng) for _ in range(questions)])


def score_recall(weigh: WeighLabels, asked: Sequence[LabelledSequence], names: Sequence[str]) -> float:
    """Share of right answers: the likeliest of all labels is the answer.

    Of several alike each counts in part, so that whoever knows nothing is right at one in L.
    """
    logprobs_QL = weigh([one.prompt for one in asked], [f" {name}" for name in names])
    likeliest_QL = logprobs_QL == logprobs_QL.max(axis=1, keepdims=True)
    right = [row[names.index(one.label)] / row.sum() for row, one in zip(likeliest_QL, asked, strict=True)]
    return float(sum(right) / len(asked))
