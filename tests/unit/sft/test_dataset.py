"""From a section of params to packed rows."""

from pathlib import Path
from typing import Any

import pytest

from components.base.errors import ParamsError
from components.generation.pool import LocalPool
from components.sft.dataset import build_examples
from components.sft.row_files import read_rows
from tests.stages.test_sft import tiny_config
from tests.tiny import SHARED, make_model, make_tokenizer, write_tokens


def build(folder: Path, **changes: Any) -> Any:
    tokenizer = make_tokenizer()
    tokens = write_tokens(tokenizer, folder)
    return build_examples(
        tiny_config(**changes), SHARED, LocalPool(make_model(tokenizer), tokenizer), tokens, folder / "rows"
    )


def test_every_conversation_is_packed_or_counted_as_dropped(tmp_path: Path) -> None:
    found = build(tmp_path)
    counts = found.counts
    assert counts.train_conversations + counts.dropped_conversations == 24
    [rows] = read_rows(found.train.file, 1000)
    assert rows["input_ids"].shape == (found.train.rows, 256)
    assert int((rows["labels"] >= 0).sum()) == counts.answer_tokens
    assert counts.packing_efficiency == pytest.approx(counts.train_tokens / rows["input_ids"].size, abs=1e-4)


def test_text_of_the_corpus_adds_to_what_is_trained_on_and_to_nothing_else(tmp_path: Path) -> None:
    plain = build(tmp_path)
    mixed = build(tmp_path, data=tiny_config().data.model_dump() | {"pretraining_share": 0.25})
    rows, all_rows = plain.train.rows, mixed.train.rows
    assert all_rows == rows + round(rows / 3)
    assert mixed.counts.pretraining_tokens == 256 * (all_rows - rows)
    assert mixed.counts.train_tokens == plain.counts.train_tokens + mixed.counts.pretraining_tokens
    assert mixed.counts.answer_tokens == plain.counts.answer_tokens
    assert mixed.counts.packing_efficiency == plain.counts.packing_efficiency
    assert mixed.validation.rows == plain.validation.rows


def test_rows_longer_than_the_model_reads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"sft\.seq_len: 1024 is over the model's context of 512 tokens"):
        build(tmp_path, seq_len=1024)
