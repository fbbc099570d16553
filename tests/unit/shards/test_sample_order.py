"""The same samples at the same step, whoever trains on them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.base.errors import ArtifactError
from components.shards.order import (
    batch_for_step,
    count_samples,
    sample_order,
    samples_for_step,
    slice_for_rank,
    spread_samples,
)
from components.shards.reader import ShardSet
from components.shards.writer import ShardWriter

SEQ_LEN = 4


def make_shards(folder: Path, tokens: int, shard_tokens: int = 10) -> ShardSet:
    settings = {"vocab_size": 1 << 16, "eos_id": 0, "tokenizer_sha256": "00" * 32, "shard_tokens": shard_tokens}
    with ShardWriter(folder / "train", **settings) as writer:  # type: ignore[arg-type]
        for start in range(1, tokens, 3):
            writer.add(range(start, min(start + 2, tokens)), text_bytes=1)
    return ShardSet(folder, "train")


@pytest.mark.parametrize("world", [1, 2, 3, 4])
def test_the_global_batch_does_not_depend_on_the_number_of_workers(tmp_path: Path, world: int) -> None:
    shards = make_shards(tmp_path, tokens=120)
    for step in range(12):  # 8 samples a step over 29 samples: several epochs
        alone = batch_for_step(shards, step, 8, SEQ_LEN, 7, 0, 1)
        parts = [batch_for_step(shards, step, 8, SEQ_LEN, 7, rank, world) for rank in range(world)]
        assert np.array_equal(np.concatenate(parts), alone)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_batches_are_windows_of_the_stream_whatever_the_shard_size(tmp_path: Path) -> None:
    coarse = make_shards(tmp_path / "a", tokens=120, shard_tokens=1000)
    fine = make_shards(tmp_path / "b", tokens=120, shard_tokens=1)
    batch = batch_for_step(fine, 3, 6, SEQ_LEN, 7, 0, 1)
    assert batch.shape == (6, SEQ_LEN + 1)
    assert batch.dtype == np.int64
    assert np.array_equal(batch, batch_for_step(coarse, 3, 6, SEQ_LEN, 7, 0, 1))
    stream = fine.read(0, fine.total_tokens)
    starts = samples_for_step(count_samples(len(stream), SEQ_LEN), 3, 6, 7) * SEQ_LEN
    assert np.array_equal(batch, [stream[s : s + SEQ_LEN + 1] for s in starts])


def test_an_epoch_shows_each_sample_once_and_the_next_in_another_order() -> None:
    first, second = sample_order(50, 1, 0), sample_order(50, 1, 1)
    assert sorted(first) == sorted(second) == list(range(50))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, sample_order(50, 2, 0))
    seen = np.concatenate([samples_for_step(50, step, 20, 1) for step in range(5)])
    assert np.array_equal(seen, np.concatenate([first, second]))


@given(st.integers(1, 500), st.integers(1, 64))
def test_ranks_share_the_batch_without_gap_or_overlap(global_batch: int, world: int) -> None:
    samples = list(range(global_batch))
    parts = [samples[slice_for_rank(global_batch, rank, world)] for rank in range(world)]
    assert [sample for part in parts for sample in part] == samples


@given(st.integers(0, 500), st.integers(1, 600))
def test_some_samples_lie_evenly_over_the_split_and_all_are_all(n_samples: int, wanted: int) -> None:
    found = spread_samples(n_samples, wanted)
    assert len(found) == min(n_samples, wanted)
    gaps = np.diff([*found, n_samples])
    assert not found or (found[0] == 0 and gaps.min() >= 1 and gaps.max() - gaps.min() <= 1)
    assert spread_samples(n_samples, None) == list(range(n_samples))


def test_the_last_target_of_the_last_sample_exists(tmp_path: Path) -> None:
    assert [count_samples(n, 4) for n in (0, 1, 4, 5, 8, 9)] == [0, 0, 0, 1, 1, 2]


def test_a_split_too_small_for_one_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="3 tokens are too few for a sample of 4"):
        batch_for_step(make_shards(tmp_path, tokens=3), 0, 2, SEQ_LEN, 7, 0, 1)
