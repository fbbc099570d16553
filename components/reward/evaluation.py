"""How well a reward model ranks pairs it has not seen.

Shapes: B texts of a batch, T positions.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel

from components.base.errors import ArtifactError
from components.datasets.preferences import Pair
from components.metrics.training import RewardMetrics
from components.model.config import Dtype
from components.runtime.folder import load_reward_model

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


def evaluate_pairs(model: PreTrainedModel, pairs: Sequence[Pair]) -> RewardMetrics:
    """Accuracy and mean margin on held-out pairs, and the spread of their scores."""
    scores_B = score_texts(model, [p.chosen_ids for p in pairs] + [p.rejected_ids for p in pairs])
    chosen_B, rejected_B = scores_B.chunk(2)
    return RewardMetrics(
        heldout_accuracy=round(float((chosen_B > rejected_B).float().mean()), 4),
        heldout_margin=round(float((chosen_B - rejected_B).mean()), 4),
        reward_mean=round(float(scores_B.mean()), 4),
        reward_std=round(float(scores_B.std(correction=0)), 4),
    )


def evaluate_folder(folder: Path, dtype: Dtype, pairs: Sequence[Pair]) -> RewardMetrics:
    """The same of the reward model in a folder."""
    return evaluate_pairs(load_reward_model(folder, dtype), pairs)
