"""Log-likelihoods of many continuations, whatever model is asked."""

from collections.abc import Sequence
from typing import Any

import torch

from components.scoring.choices import Likelihood
from components.scoring.shared_prefixes import score_trees, takes_trees
from components.scoring.side_by_side import score_side_by_side
from components.scoring.token_trees import Text


@torch.inference_mode()
def score_continuations(
    model: Any, prompts: Sequence[Sequence[int]], continuations: Sequence[Sequence[int]]
) -> list[Likelihood]:
    """ln p(continuation | prompt) for each pair of token ids, in the order given; an empty continuation has 0.

    A decoder reads one text behind the other, tokens that texts have in common once if it takes trees; an
    encoder-decoder's encoder reads the prompt. Raises ValueError for an empty prompt: a first token has no probability.
    """
    if not all(prompts):
        raise ValueError("a prompt without a token: nothing stands before the continuation's first one")
    texts = [Text(*pair) for pair in zip(prompts, continuations, strict=True)]
    asked = [text for text in texts if text.continuation]
    found = iter(score_trees(model, asked) if takes_trees(model) else score_side_by_side(model, asked))
    return [next(found) if text.continuation else Likelihood(0.0, True) for text in texts]
