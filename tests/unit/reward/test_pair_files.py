"""The forms in which a user may bring preferences, and how a broken one is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.reward.config import FilePairs
from components.reward.files import parse_dialogue, read_pairs
from components.reward.pairs import Pair
from components.text.tokenizer import train_byte_bpe

ASK = {"role": "user", "content": "Is it raining?"}
YES, NO = {"role": "assistant", "content": "Yes."}, {"role": "assistant", "content": "No."}


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_byte_bpe(["Is it raining? Yes. No."] * 3, vocab_size=270, pattern=r" ?\w+|.")


def read(tmp_path: Path, tokenizer: PreTrainedTokenizerFast, *rows: Any) -> list[Pair]:
    path = tmp_path / "p.jsonl"
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return read_pairs(FilePairs(kind="jsonl", path=str(path)), tokenizer)[0]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Is it raining?", "chosen": "Yes.", "rejected": "No."},
        {"prompt": [ASK], "chosen": [YES], "rejected": [NO]},
        {"chosen": [ASK, YES], "rejected": [ASK, NO]},
        {
            "chosen": "\n\nHuman: Is it raining?\n\nAssistant: Yes.",
            "rejected": "\n\nHuman: Is it raining?\n\nAssistant: No.",
        },
    ],
)
def test_every_form_reads_as_the_same_pair(tmp_path: Path, tokenizer: PreTrainedTokenizerFast, row: Any) -> None:
    (pair,) = read(tmp_path, tokenizer, row)
    assert (pair.prompt, pair.chosen, pair.rejected) == ("Is it raining?", "Yes.", "No.")
    assert tokenizer.decode(pair.chosen_ids) == "<|user|>Is it raining?<|assistant|>Yes.<|endoftext|>"
    assert tokenizer.decode(pair.rejected_ids) == "<|user|>Is it raining?<|assistant|>No.<|endoftext|>"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("[", "not JSON"),
        ({"chosen": [ASK, YES]}, "field 'rejected' is missing"),
        ({"chosen": "Yes.", "rejected": "No."}, "chosen: not a dialogue"),
        ({"chosen": [ASK], "rejected": [ASK, NO]}, "chosen: the last message is not the assistant's"),
        ({"chosen": [YES], "rejected": [NO]}, "chosen and rejected do not answer the same prompt"),
        ({"prompt": "x", "chosen": 3, "rejected": "No."}, "chosen: not text and not a list of messages"),
        ({"prompt": [{"role": "dog", "content": "x"}], "chosen": "a", "rejected": "b"}, "conversation: .*dog"),
    ],
)
def test_a_malformed_row_is_refused_with_file_line_and_reason(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast, row: Any, reason: str
) -> None:
    with pytest.raises(DataError, match=rf"p\.jsonl:2: {reason}"):
        read(tmp_path, tokenizer, {"chosen": [ASK, YES], "rejected": [ASK, NO]}, row)


def test_a_pair_that_prefers_nothing_is_not_used(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    assert read(tmp_path, tokenizer, {"prompt": "Is it raining?", "chosen": "Yes.", "rejected": "Yes."}) == []


def test_a_dialogue_of_many_turns_keeps_its_order() -> None:
    text = "\n\nHuman: a\n\nAssistant: b\n\nstill b\n\nHuman: c\n\nAssistant: d"
    assert [m["content"] for m in parse_dialogue(text, "here")] == ["a", "b\n\nstill b", "c", "d"]
