"""Loss on held-out text, for a sharded model and for a finished one."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from components.base.errors import DataError
from components.parallel.mesh import Mesh
from components.pretrain.objective import MEASURING, Objective, split_targets
from components.scoring.perplexity import sum_loss
from components.shards.order import count_samples
from components.shards.reader import ShardSet

BATCH_SEQUENCES = 16


def require_sequences(tokens: Path, seq_len: int) -> None:
    """Raises DataError for a split that does not hold one sequence: there is nothing to train on, or to measure by."""
    for split in ("train", "validation"):
        found = ShardSet(tokens, split).total_tokens
        if not count_samples(found, seq_len):
            raise DataError(
                f"{tokens / split}: {found} tokens are less than one sequence of {seq_len}: bring more text, "
                "raise corpus.validation_fraction, or lower pretrain.training.seq_len"
            )


@torch.no_grad()
def measure_validation_loss(
    model: nn.Module, shards: ShardSet, objective: Objective, mesh: Mesh, *, seq_len: int, max_sequences: int | None
) -> float:
    """Mean nats per target over the split's consecutive sequences, shared out over the workers.

    Every rank runs equally many forward passes (FSDP gathers parameters in each), so a rank without a batch of
    its own repeats the last one with weight zero.
    """
    batches = _list_batches(count_samples(shards.total_tokens, seq_len), max_sequences)
    device = next(model.parameters()).device
    total = torch.zeros(2, dtype=torch.float64, device=device)
    was_training = model.training
    model.eval()
    for first in range(0, len(batches), mesh.data_world):
        mine = first + mesh.data_rank
        start, stop = batches[min(mine, len(batches) - 1)]
        batch = objective.make_batch(
            read_rows(shards, start, stop, seq_len), [(MEASURING, 0, i) for i in range(start, stop)]
        )
        found = sum_loss(model, *split_targets({name: tensor.to(device) for name, tensor in batch.items()}))
        if mine < len(batches):
            total += found
    model.train(was_training)
    mesh.sum_losses(total)
    return float(total[0] / total[1])


def _list_batches(n_samples: int, max_sequences: int | None) -> list[tuple[int, int]]:
    count = n_samples if max_sequences is None else min(n_samples, max_sequences)
    return [(start, min(start + BATCH_SEQUENCES, count)) for start in range(0, count, BATCH_SEQUENCES)]


def read_rows(shards: ShardSet, start: int, stop: int, seq_len: int) -> npt.NDArray[np.int64]:
    """Consecutive texts [B, T + 1] of a split; raises ValueError when there are none."""
    return np.stack([shards.read(i * seq_len, (i + 1) * seq_len + 1) for i in range(start, stop)])
