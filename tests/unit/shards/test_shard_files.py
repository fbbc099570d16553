"""What was written is read; what was cut, flipped or lost is refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from components.base.errors import ArtifactError
from components.shards.format import HEADER_BYTES, choose_dtype
from components.shards.reader import ShardSet
from components.shards.writer import ShardWriter

EOS = 1
SHA = "ab" * 32
DOCUMENTS = [[5, 6, 7], [], [8], [9, 10, 11, 12], [13]]
STREAM = [5, 6, 7, EOS, EOS, 8, EOS, 9, 10, 11, 12, EOS, 13, EOS]


def write_split(folder: Path, *, shard_tokens: int = 4, vocab_size: int = 100, sha: str = SHA) -> ShardSet:
    settings = {"vocab_size": vocab_size, "eos_id": EOS, "tokenizer_sha256": sha, "shard_tokens": shard_tokens}
    with ShardWriter(folder / "train", **settings) as writer:  # type: ignore[arg-type]
        for ids in DOCUMENTS:
            writer.add(ids, text_bytes=10 * len(ids))
    return ShardSet(folder, "train")


@pytest.mark.parametrize(("shard_tokens", "files"), [(1, 5), (4, 3), (100, 1)])
def test_documents_come_back_as_one_stream_however_it_is_cut(tmp_path: Path, shard_tokens: int, files: int) -> None:
    shards = write_split(tmp_path, shard_tokens=shard_tokens)
    assert len(shards.paths) == files
    assert shards.read(0, shards.total_tokens).tolist() == STREAM
    for start in range(len(STREAM)):
        for stop in range(start, len(STREAM) + 1):
            assert shards.read(start, stop).tolist() == STREAM[start:stop]
    assert (shards.total_tokens, shards.total_documents, shards.total_bytes) == (14, 5, 90)
    assert shards.tokenizer_sha256 == SHA
    shards.verify()


def test_reading_beyond_the_end_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IndexError, match=r"tokens 10\.\.15 of a split that has 14"):
        write_split(tmp_path).read(10, 15)


@pytest.mark.parametrize(("vocab_size", "width"), [(1 << 16, 2), ((1 << 16) + 1, 4)])
def test_ids_take_two_bytes_where_they_fit(tmp_path: Path, vocab_size: int, width: int) -> None:
    assert choose_dtype(vocab_size).itemsize == width
    settings = {"vocab_size": vocab_size, "eos_id": EOS, "tokenizer_sha256": SHA, "shard_tokens": 9}
    with ShardWriter(tmp_path / "train", **settings) as writer:  # type: ignore[arg-type]
        writer.add([vocab_size - 1], text_bytes=1)
    assert (tmp_path / "train" / "000000.tokens").stat().st_size == HEADER_BYTES + 2 * width
    assert ShardSet(tmp_path, "train").read(0, 2).tolist() == [vocab_size - 1, EOS]


def test_an_id_outside_the_vocabulary_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    settings = {"vocab_size": 8, "eos_id": EOS, "tokenizer_sha256": SHA, "shard_tokens": 9}
    with pytest.raises(ArtifactError, match="outside the vocabulary of 8"):  # noqa: SIM117
        with ShardWriter(tmp_path, **settings) as writer:  # type: ignore[arg-type]
            writer.add([8], text_bytes=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [0, 100, HEADER_BYTES, HEADER_BYTES + 3])
def test_a_truncated_shard_is_refused_on_opening(tmp_path: Path, kept: int) -> None:
    path = write_split(tmp_path).paths[1]
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ArtifactError, match=r"^\S+/000001\.tokens: the shard is truncated") as caught:
        ShardSet(tmp_path, "train")
    assert "\n" not in str(caught.value)


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = write_split(tmp_path).paths[0]
    sound = path.read_bytes()
    for position in range(len(sound)):
        path.write_bytes(sound[:position] + bytes([sound[position] ^ 1]) + sound[position + 1 :])
        with pytest.raises(ArtifactError, match=r"^\S+/000000\.tokens: ") as caught:
            ShardSet(tmp_path, "train").verify()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("lost", "message"),
    [(0, "shard 0 is missing"), (1, "shard 1 is missing"), (2, r"after 000001\.tokens is missing")],
)
def test_a_lost_shard_is_noticed(tmp_path: Path, lost: int, message: str) -> None:
    write_split(tmp_path).paths[lost].unlink()
    with pytest.raises(ArtifactError, match=message):
        ShardSet(tmp_path, "train")


def test_shards_of_two_tokenizers_do_not_mix(tmp_path: Path) -> None:
    write_split(tmp_path / "a")
    foreign = write_split(tmp_path / "b", sha="cd" * 32).paths[1]
    foreign.replace(tmp_path / "a" / "train" / foreign.name)
    with pytest.raises(ArtifactError, match=r"000001\.tokens: its tokenizer is not that of 000000\.tokens"):
        ShardSet(tmp_path / "a", "train")


def test_a_split_without_shards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no token shards"):
        ShardSet(tmp_path, "validation")


def test_a_pickled_set_maps_the_files_anew(tmp_path: Path) -> None:
    shards = write_split(tmp_path)
    shards.read(0, 3)
    data = pickle.dumps(shards)
    assert np.array_equal(pickle.loads(data).read(0, 14), STREAM)
