"""How well a reward model ranks pairs it has not seen.

Shapes: B pairs.
"""

from collections.abc import Sequence
from pathlib import Path

from transformers import PreTrainedModel

from components.datasets.preferences import Pair
from components.metrics.training import RewardMetrics
from components.model.config import Dtype
from components.runtime.folder import load_reward_model
from components.scoring.rewards import score_texts


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
