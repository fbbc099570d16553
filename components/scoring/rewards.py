"""What a reward model thinks of texts.

Shapes: B texts of a batch, T positions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from components.base.errors import ArtifactError

BATCH_TEXTS = 64


@torch.inference_mode()
def score_texts(model: PreTrainedModel, texts: Sequence[Sequence[int]]) -> Tensor:
    """The scalar at each text's last token, in the order given. Raises ArtifactError without a pad token."""
    pad = model.config.pad_token_id
    if pad is None:
        raise ArtifactError("the reward model's config names no pad_token_id, so no text's last token can be found")
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    scores_B = torch.zeros(len(texts))
    for start in range(0, len(order), BATCH_TEXTS):
        chosen = order[start : start + BATCH_TEXTS]
        longest = len(texts[chosen[-1]])
        rows = [[*texts[index], *[pad] * (longest - len(texts[index]))] for index in chosen]
        ids_BT = torch.tensor(rows, device=model.device)
        found = model(input_ids=ids_BT, attention_mask=(ids_BT != pad).long(), use_cache=False)
        scores_B[chosen] = found.logits[:, 0].float().cpu()
    return scores_B
