"""Multiple choice: the log-likelihood of continuations behind a prompt (Brown et al. 2020, section 2.4).

Shapes: B texts of a batch, T positions.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from components.model.capabilities import is_encoder_decoder
from components.model.masks import IGNORED
from components.scoring.logprobs import score_targets

BATCH_TEXTS = 16


class Scored(NamedTuple):
    """A continuation's log-likelihood in nats, and the number of its tokens."""

    logprob: float
    tokens: int


@torch.no_grad()
def score_continuations(
    model: Any, prompts: Sequence[Sequence[int]], continuations: Sequence[Sequence[int]]
) -> list[Scored]:
    """ln p(continuation | prompt) for each pair of token ids, in the order given; an empty continuation has 0.

    A decoder reads one text behind the other; an encoder-decoder's encoder reads the prompt. Raises ValueError for an
    empty prompt: a first token has no probability.
    """
    if not all(prompts):
        raise ValueError("a prompt without a token: nothing stands before the continuation's first one")
    texts = list(zip(prompts, continuations, strict=True))
    order = sorted(range(len(texts)), key=lambda index: len(texts[index][0]) + len(texts[index][1]))
    found = [Scored(0.0, 0)] * len(texts)
    for start in range(0, len(order), BATCH_TEXTS):
        chosen = order[start : start + BATCH_TEXTS]
        inputs, targets_BT = collate_texts(model, [texts[index] for index in chosen])
        sums_B = score_targets(model, inputs, targets_BT).double().sum(1)
        for index, logprob in zip(chosen, sums_B.tolist(), strict=True):
            found[index] = Scored(logprob, len(texts[index][1]))
    return found


def choose(scores: Sequence[Scored], lengths: Sequence[int] | None = None) -> int:
    """Index of the likeliest continuation, the first of equal ones; with `lengths`, the likeliest for its length.

    `lengths` are usually those of the texts in bytes, so that the choice does not hang on a tokenizer.
    """
    values = [score.logprob / (length or 1) for score, length in zip(scores, lengths or [1] * len(scores), strict=True)]
    return max(range(len(values)), key=lambda index: values[index])


def collate_texts(model: Any, texts: Sequence[tuple[Sequence[int], Sequence[int]]]) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs and aligned targets on the model's device; rows are padded on the right, where nobody looks."""
    device = model.device
    if is_encoder_decoder(model.config):
        sources = [torch.tensor([*prompt], dtype=torch.long, device=device) for prompt, _ in texts]
        targets = [torch.tensor([*continuation], dtype=torch.long, device=device) for _, continuation in texts]
        mask = pad_sequence([torch.ones_like(source) for source in sources], batch_first=True)
        inputs = {"input_ids": pad_sequence(sources, batch_first=True), "attention_mask": mask}
        return inputs, pad_sequence(targets, batch_first=True, padding_value=IGNORED)
    whole = [torch.tensor([*prompt, *continuation], device=device) for prompt, continuation in texts]
    ids_BT = pad_sequence(whole, batch_first=True)
    targets_BT = pad_sequence(whole, batch_first=True, padding_value=IGNORED)[:, 1:].clone()
    for row, (prompt, _) in enumerate(texts):
        targets_BT[row, : len(prompt) - 1] = IGNORED
    return {"input_ids": ids_BT[:, :-1]}, targets_BT
