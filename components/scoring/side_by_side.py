"""Texts one beside the other in a padded batch, for models that do not read them as a tree.

Shapes: B texts of a batch, T positions.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from components.model.capabilities import is_encoder_decoder
from components.model.masks import IGNORED
from components.scoring.choices import Likelihood
from components.scoring.logprobs import judge_targets
from components.scoring.token_trees import Text

BATCH_TEXTS = 16


def score_side_by_side(model: Any, texts: Sequence[Text]) -> list[Likelihood]:
    """Likelihoods of texts, in the order given; those of like length run together."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place].context) + len(texts[place].continuation))
    found: dict[int, Likelihood] = {}
    for start in range(0, len(order), BATCH_TEXTS):
        places = order[start : start + BATCH_TEXTS]
        inputs, targets_BT = _collate(model, [texts[place] for place in places])
        logprobs_BT, greedy_BT = judge_targets(model, inputs, targets_BT)
        sums_B = logprobs_BT.double().sum(1).tolist()
        likeliest_B = (greedy_BT | (targets_BT == IGNORED)).all(1).tolist()
        found |= {place: Likelihood(*pair) for place, *pair in zip(places, sums_B, likeliest_B, strict=True)}
    return [found[place] for place in range(len(texts))]


def _collate(model: Any, texts: Sequence[Text]) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs and aligned targets on the model's device; rows are padded on the right, where nobody looks."""
    device = model.device
    if is_encoder_decoder(model.config):
        sources = [torch.tensor([*text.context], dtype=torch.long, device=device) for text in texts]
        targets = [torch.tensor([*text.continuation], dtype=torch.long, device=device) for text in texts]
        mask = pad_sequence([torch.ones_like(source) for source in sources], batch_first=True)
        inputs = {"input_ids": pad_sequence(sources, batch_first=True), "attention_mask": mask}
        return inputs, pad_sequence(targets, batch_first=True, padding_value=IGNORED)
    whole = [torch.tensor([*text.context, *text.continuation], device=device) for text in texts]
    ids_BT = pad_sequence(whole, batch_first=True)
    targets_BT = pad_sequence(whole, batch_first=True, padding_value=IGNORED)[:, 1:].clone()
    for row, text in enumerate(texts):
        targets_BT[row, : len(text.context) - 1] = IGNORED
    return {"input_ids": ids_BT[:, :-1]}, targets_BT
