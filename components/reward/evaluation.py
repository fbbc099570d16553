"""How well a reward model ranks pairs it has not seen.

Shapes: B pairs.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from transformers import PreTrainedModel

from components.datasets.arrow_rows import RowFile, StoredRows, create_rows
from components.datasets.preferences import PairFile
from components.metrics.training import RewardMetrics
from components.model.config import Dtype
from components.runtime.folder import load_reward_model
from components.scoring.rewards import score_texts


def evaluate_pairs(model: PreTrainedModel, texts: Sequence[Sequence[int]]) -> RewardMetrics:
    """Accuracy and mean margin on held-out pairs, and the spread of their scores.

    `texts` are the token ids of all chosen texts, then of those rejected for them.
    """
    scores_B = score_texts(model, texts)
    chosen_B, rejected_B = scores_B.chunk(2)
    return RewardMetrics(
        heldout_accuracy=round(float((chosen_B > rejected_B).float().mean()), 4),
        heldout_margin=round(float((chosen_B - rejected_B).mean()), 4),
        reward_mean=round(float(scores_B.mean()), 4),
        reward_std=round(float(scores_B.std(correction=0)), 4),
    )


def evaluate_folder(folder: Path, dtype: Dtype, pairs: PairFile) -> RewardMetrics:
    """The same of the reward model in a folder, over pairs that stay on disk."""
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / "texts.arrow"
        with create_rows(file, pa.schema([("ids", pa.list_(pa.int32()))])) as writer:
            for side in ("chosen_ids", "rejected_ids"):
                for columns in pairs.read_columns(side):
                    writer.write(*columns)
        return evaluate_pairs(load_reward_model(folder, dtype), StoredRows(RowFile(file), _read_ids))


def _read_ids(rows: RowFile, row: int) -> list[int]:
    ids: list[int] = rows.numbers("ids", row).tolist()
    return ids
