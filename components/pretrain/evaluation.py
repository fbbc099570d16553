"""Loss on held-out text, for a sharded model and for a finished one."""

from pathlib import Path

import torch
from torch import nn

from components.base.errors import DataError
from components.parallel.mesh import Mesh
from components.pretrain.objective import MEASURING, Objective, split_targets
from components.scoring.perplexity import sum_loss
from components.shards.order import count_samples, read_samples, spread_samples
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
    """Mean nats per target over at most `max_sequences` that lie evenly over the split, shared out over the workers.

    Every rank runs equally many forward passes (FSDP gathers parameters in each), so a rank without a batch of
    its own repeats the last one with weight zero.
    """
    sequences = spread_samples(count_samples(shards.total_tokens, seq_len), max_sequences)
    batches = [sequences[first : first + BATCH_SEQUENCES] for first in range(0, len(sequences), BATCH_SEQUENCES)]
    device = next(model.parameters()).device
    total = torch.zeros(2, dtype=torch.float64, device=device)
    was_training = model.training
    model.eval()
    for first in range(0, len(batches), mesh.data_world):
        mine = first + mesh.data_rank
        indices = batches[min(mine, len(batches) - 1)]
        keys = [(MEASURING, 0, index) for index in indices]
        batch = objective.make_batch(read_samples(shards, indices, seq_len), keys)
        found = sum_loss(model, *split_targets({name: tensor.to(device) for name, tensor in batch.items()}))
        if mine < len(batches):
            total += found
    model.train(was_training)
    mesh.sum_losses(total)
    return float(total[0] / total[1])
