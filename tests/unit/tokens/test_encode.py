"""The part of tokenizing that runs in Ray's tasks, and the figures made of it."""

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components.base.errors import GateError
from components.metrics.data import Fertility
from components.text.tokenizer import encode_text, train_byte_bpe
from components.tokens import encode
from components.tokens.encode import ID_TYPE, cut_file, encode_batch, read_piece
from components.tokens.fertility import Tally, add_up, measure_fertility, summarise

TOKENIZER = train_byte_bpe(["one two three"] * 3, vocab_size=270, pattern=r" ?\w+|\W+")
TEXTS = ["one two", "", "naïve <|endoftext|>\x00 3"]


def test_tasks_encode_as_every_later_stage_will() -> None:
    batch = pa.table({"text": TEXTS, "source": ["s"] * 3, "error": [""] * 3})
    rows = encode_batch(batch, TOKENIZER.backend_tokenizer.to_str()).to_pylist()
    assert [np.frombuffer(r["ids"], ID_TYPE).tolist() for r in rows] == [encode_text(TOKENIZER, t) for t in TEXTS]
    assert [r["text_bytes"] for r in rows] == [7, 0, 23]
    assert [r["words"] for r in rows] == [2, 0, 3]
    assert all(r["lossless"] for r in rows)


def test_fertility_counts_words_where_no_spaces_stand_between_them() -> None:
    batch = pa.table({"text": ["法国的首都是哪里", "one two"], "source": ["s"] * 2, "error": [""] * 2})
    assert encode_batch(batch, TOKENIZER.backend_tokenizer.to_str())["words"].to_pylist() == [4, 2]


def test_a_tokenizer_that_loses_text_is_noticed() -> None:
    lossy = json.loads(TOKENIZER.backend_tokenizer.to_str())
    lossy["normalizer"] = {"type": "Lowercase"}
    batch = pa.table({"text": ["One", "one"], "source": ["s"] * 2, "error": [""] * 2})
    assert encode_batch(batch, json.dumps(lossy))["lossless"].to_pylist() == [False, True]


def test_a_broken_row_travels_as_its_message(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "source": "s", "id": "1"}\nnot json\n{"text": "b", "source": "s", "id": "2"}\n')
    rows = list(read_piece(cut_file(path)[0]))
    assert rows[0] == {"text": "a", "source": "s", "error": ""}
    assert rows[1]["error"].startswith(f"{path}:2: not JSON")
    assert len(rows) == 2


def test_a_file_that_ends_early_travels_as_its_message(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "a", "source": "s", "id": "1"}\n' * 1000)[:-9])
    *_, last = read_piece(cut_file(path)[0])
    assert "not a sound gzip file" in last["error"]


def test_fertility_by_hand() -> None:
    tally = Tally()
    tally.add(tokens=6, text_bytes=20, words=4, lossless=True)
    tally.add(tokens=4, text_bytes=10, words=1, lossless=True)
    assert measure_fertility(tally) == Fertility(tokens_per_word=2.0, bytes_per_token=3.0)
    assert measure_fertility(Tally()) == Fertility(tokens_per_word=0.0, bytes_per_token=0.0)
    assert add_up([tally, tally]) == Tally(4, 20, 60, 10, 4)


def test_the_summary_counts_end_tokens_and_measures_on_validation_text() -> None:
    train, validation = {"a": Tally(2, 10, 30, 5, 2)}, {"a": Tally(1, 4, 8, 2, 1), "b": Tally(1, 2, 8, 2, 1)}
    metrics = summarise(300, train, validation, min_lossless_share=1.0)
    assert metrics.vocab_size == 300
    assert (metrics.train_tokens, metrics.validation_tokens, metrics.validation_bytes) == (12, 8, 16)
    assert (metrics.tokens_per_word, metrics.bytes_per_token) == (1.5, 2.6667)
    assert metrics.fertility["b"] == Fertility(tokens_per_word=1.0, bytes_per_token=4.0)


def test_lost_text_beyond_the_budget_stops_the_stage() -> None:
    tallies = {"a": Tally(documents=4, tokens=9, text_bytes=9, words=9, lossless=3)}
    assert summarise(300, tallies, tallies, min_lossless_share=0.75).lossless_share == 0.75
    with pytest.raises(GateError, match="2 of 8 documents do not decode back unchanged"):
        summarise(300, tallies, tallies, min_lossless_share=0.76)


def test_a_file_that_is_cut_loses_no_document_and_none_comes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "PIECE_BYTES", 300)
    path = tmp_path / "a.jsonl"
    rows = [json.dumps({"text": f"text {i}", "source": "s", "id": str(i)}) for i in range(40)]
    path.write_text("\n".join([*rows[:20], "", "  ", *rows[20:]]) + "\n", encoding="utf-8")
    pieces = cut_file(path)
    assert len(pieces) > 3
    assert all(list(read_piece(piece)) for piece in pieces)
    assert [row["text"] for piece in pieces for row in read_piece(piece)] == [f"text {i}" for i in range(40)]
