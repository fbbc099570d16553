"""One global order of samples: which tokens a step trains on depends on the step alone, never on the workers.

Shapes: B samples in the global batch, L samples on one rank, T tokens in a sample.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from components.base.errors import ArtifactError
from components.shards.reader import ShardSet


def count_samples(total_tokens: int, seq_len: int) -> int:
    """Samples of `seq_len` inputs in a stream; each also needs the token after its last, to predict."""
    return max(0, (total_tokens - 1) // seq_len)


@lru_cache(maxsize=2)
def sample_order(n_samples: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """The order of all samples in one epoch: a permutation drawn from (seed, epoch) only."""
    order = np.random.default_rng([seed, epoch]).permutation(n_samples)
    order.flags.writeable = False  # the array is shared by every caller of the cache
    return order


def samples_for_step(n_samples: int, step: int, global_batch: int, seed: int) -> npt.NDArray[np.int64]:
    """Indices [B] of the samples of one step; a batch may end one epoch and begin the next."""
    positions = np.arange(step * global_batch, (step + 1) * global_batch)
    epochs, places = np.divmod(positions, n_samples)
    return np.array(
        [sample_order(n_samples, seed, int(e))[p] for e, p in zip(epochs, places, strict=True)], dtype=np.int64
    )


def slice_for_rank(global_batch: int, rank: int, world: int) -> slice:
    """The rank's part of the global batch; parts are disjoint, cover it, and differ by one at most."""
    return slice(rank * global_batch // world, (rank + 1) * global_batch // world)


def spread_samples(n_samples: int, wanted: int | None) -> list[int]:
    """Indices of at most `wanted` samples (None: all) that lie evenly over a split.

    A split is written source by source, so that its first samples would be of the first source alone.
    """
    count = n_samples if wanted is None else min(n_samples, wanted)
    return [place * n_samples // count for place in range(count)]


def read_samples(shards: ShardSet, indices: Sequence[int], seq_len: int) -> npt.NDArray[np.int64]:
    """Token ids [B, T + 1] of these samples; raises ValueError when there are none."""
    return np.stack([shards.read(i * seq_len, (i + 1) * seq_len + 1) for i in indices])


def batch_for_step(
    shards: ShardSet, step: int, global_batch: int, seq_len: int, seed: int, rank: int, world: int
) -> npt.NDArray[np.int64]:
    """Token ids [L, T + 1] of one rank at one step: inputs are [:, :-1], targets are [:, 1:].

    The ranks' batches in rank order are the global batch [B, T + 1], the same for every world size.
    Raises ArtifactError if the split is too small for one sample.
    """
    n_samples = count_samples(shards.total_tokens, seq_len)
    if n_samples == 0:
        raise ArtifactError(f"{shards.folder}: {shards.total_tokens} tokens are too few for a sample of {seq_len}")
    indices = samples_for_step(n_samples, step, global_batch, seed)[slice_for_rank(global_batch, rank, world)]
    return read_samples(shards, indices.tolist(), seq_len) if len(indices) else np.empty((0, seq_len + 1), np.int64)
