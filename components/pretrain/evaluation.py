"""Loss on held-out text, for a sharded model and for a finished one."""

import math

import torch
import torch.distributed as dist
from torch import nn

from components.model.loss import sum_token_loss
from components.shards.order import count_samples
from components.shards.reader import ShardSet

BATCH_SEQUENCES = 16


@torch.no_grad()
def measure_validation_loss(model: nn.Module, shards: ShardSet, *, seq_len: int, max_sequences: int | None) -> float:
    """Mean nats per token over the split's consecutive sequences, shared out over all ranks.

    Every rank runs equally many forward passes (FSDP gathers parameters in each), so a rank without a batch of
    its own repeats the last one with weight zero.
    """
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    batches = _list_batches(count_samples(shards.total_tokens, seq_len), max_sequences)
    device = next(model.parameters()).device
    total = torch.zeros(2, dtype=torch.float64, device=device)
    was_training = model.training
    model.eval()
    for first in range(0, len(batches), world):
        mine = first + rank
        start, stop = batches[min(mine, len(batches) - 1)]
        ids = _read_rows(shards, start, stop, seq_len).to(device)
        loss = sum_token_loss(model(input_ids=ids[:, :-1], use_cache=False).logits, ids[:, 1:])
        if mine < len(batches):
            total += torch.tensor([float(loss), ids[:, 1:].numel()], dtype=torch.float64, device=device)
    model.train(was_training)
    if dist.is_initialized():
        dist.all_reduce(total)
    return float(total[0] / total[1])


def convert_to_bits_per_byte(loss_nats: float, shards: ShardSet) -> float:
    """Bits that the model needs for a byte of the split's text, whatever the tokenizer."""
    return loss_nats * shards.total_tokens / (math.log(2) * shards.total_bytes)


def _list_batches(n_samples: int, max_sequences: int | None) -> list[tuple[int, int]]:
    count = n_samples if max_sequences is None else min(n_samples, max_sequences)
    return [(start, min(start + BATCH_SEQUENCES, count)) for start in range(0, count, BATCH_SEQUENCES)]


def _read_rows(shards: ShardSet, start: int, stop: int, seq_len: int) -> torch.Tensor:
    rows = [shards.read(i * seq_len, (i + 1) * seq_len + 1) for i in range(start, stop)]
    return torch.stack([torch.from_numpy(row) for row in rows])
