"""Rows of the pretraining corpus among conversations."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from components.base.errors import ArtifactError
from components.sft.packing import BLOCK_ROWS
from components.sft.rehearsal import count_rows, draw_text_rows
from components.shards.borders import count_positions
from components.shards.order import count_samples
from components.shards.reader import ShardSet
from tests.tiny import make_tokenizer, write_tokens

TOKENIZER = make_tokenizer()
SEQ_LEN = 16


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tokens(TOKENIZER, tmp_path_factory.mktemp("tokens"))


draw = partial(draw_text_rows, seq_len=SEQ_LEN, tokenizer=TOKENIZER, seed=1, packed=True)


@pytest.mark.parametrize(("share", "added"), [(0.0, 0), (0.1, 11), (0.25, 33), (0.5, 100), (0.9, 900)])
def test_the_share_is_of_all_rows(share: float, added: int) -> None:
    assert count_rows(100, share) == added


def test_a_row_of_text_is_a_stretch_of_the_training_split_and_learned_to_its_last_token(tokens: Path) -> None:
    [rows] = draw(6, tokens=tokens)
    shards = ShardSet(tokens, "train")
    stream = shards.read(0, shards.total_tokens)
    stretches = {tuple(stream[start : start + SEQ_LEN]) for start in range(0, len(stream) - SEQ_LEN, SEQ_LEN - 1)}
    text_RT = rows.input_ids_RT
    assert len(text_RT) == 6 and {tuple(row) for row in text_RT} <= stretches
    assert np.array_equal(rows.labels_RT, text_RT)
    assert rows.position_ids_RT is not None
    assert np.array_equal(rows.position_ids_RT, count_positions(text_RT, TOKENIZER.eos_token_id))
    assert rows.useful_tokens == 6 * SEQ_LEN


def test_rows_of_a_model_that_takes_no_packed_ones_hold_no_padding(tokens: Path) -> None:
    [rows] = draw(4, tokens=tokens, packed=False)
    assert rows.position_ids_RT is None
    assert rows.borders["attention_mask"].sum(axis=1).tolist() == [SEQ_LEN] * 4


def test_no_stretch_comes_twice_before_all_have_come(tokens: Path) -> None:
    shards = ShardSet(tokens, "train")
    stretches = count_samples(shards.total_tokens, SEQ_LEN - 1)
    blocks = list(draw(stretches, tokens=tokens))
    assert [len(block.input_ids_RT) for block in blocks[:-1]] == [BLOCK_ROWS] * (len(blocks) - 1)
    drawn = np.concatenate([block.input_ids_RT for block in blocks])
    stream = shards.read(0, shards.total_tokens)
    every = [stream[i * (SEQ_LEN - 1) : i * (SEQ_LEN - 1) + SEQ_LEN] for i in range(stretches)]
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, every))


def test_the_seed_alone_decides_which_text_is_drawn(tokens: Path) -> None:
    first, again, other = (next(draw(6, tokens=tokens, seed=seed)).input_ids_RT for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_none_asked_for_needs_no_corpus(tmp_path: Path) -> None:
    assert list(draw(0, tokens=tmp_path)) == []


def test_shards_of_another_tokenizer_are_refused(tokens: Path) -> None:
    with pytest.raises(ArtifactError, match="tokenizer"):
        list(draw(6, tokens=tokens, tokenizer=make_tokenizer(300)))
