"""The forms in which a user may bring preferences, and how a broken one is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.datasets.preferences import Pair
from components.preferences.config import FilePreferencesConfig
from components.preferences.dialogues import parse_dialogue
from components.preferences.rows import read_pairs
from components.tasks.run_tasks import draw_items
from components.text.tokenizer import train_byte_bpe
from tests.tiny import SHARED

ASK = {"role": "user", "content": "Is it raining?"}
YES, NO = {"role": "assistant", "content": "Yes."}, {"role": "assistant", "content": "No."}


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_byte_bpe(["Is it raining? Yes. No."] * 3, vocab_size=270, pattern=r" ?\w+|.")


def make_config(path: Path) -> FilePreferencesConfig:
    return FilePreferencesConfig(kind="jsonl", path=str(path), heldout_fraction=0.5, max_tokens=100)


def read(tmp_path: Path, tokenizer: PreTrainedTokenizerFast, *rows: Any) -> list[Pair]:
    path = tmp_path / "p.jsonl"
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return read_pairs(make_config(path), SHARED, tokenizer)[0]


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
        {"prompt": "Is it raining?", "chosen": "Is it raining? Yes.", "rejected": "Is it raining? No."},
        {"prompt": "Is it raining?", "chosen": "Is it raining?\n\nYes.", "rejected": "Is it raining?\nNo.\n"},
        {"prompt": "Is it raining?", "chosen": [ASK, YES], "rejected": [ASK, NO]},
        {"prompt": [ASK], "chosen": [ASK, YES], "rejected": [ASK, NO]},
        {"prompt": [ASK], "chosen": "Yes.", "rejected": "No."},
        {"question": "Is it raining?", "chosen": "Yes.", "rejected": "No."},
        {"instruction": "Is it raining?", "input": "", "chosen": "Yes.", "rejected": "No."},
        {
            "prompt": "\n\nHuman: Is it raining?\n\nAssistant:",
            "chosen": "\n\nHuman: Is it raining?\n\nAssistant: Yes.",
            "rejected": "\n\nHuman: Is it raining?\n\nAssistant: No.",
        },
        {
            "prompt": "Is it raining?",
            "chosen": "\n\nHuman: Is it raining?\n\nAssistant: Yes.",
            "rejected": "\n\nHuman: Is it raining?\n\nAssistant: No.",
        },
        {"prompt": "\n\nHuman: Is it raining?\n\nAssistant:", "chosen": "Yes.", "rejected": "No."},
        {
            "conversations": [{"from": "human", "value": "Is it raining?"}],
            "chosen": {"from": "gpt", "value": "Yes."},
            "rejected": {"from": "gpt", "value": "No."},
        },
        {
            "prompt": "Is it raining?",
            "prompt_id": "7",
            "chosen": [ASK, YES],
            "rejected": [ASK, NO],
            "score_chosen": 4.0,
        },
    ],
)
def test_every_form_reads_as_the_same_pair(tmp_path: Path, tokenizer: PreTrainedTokenizerFast, row: Any) -> None:
    (pair,) = read(tmp_path, tokenizer, row)
    assert (pair.prompt, pair.chosen, pair.rejected) == ("Is it raining?", "Yes.", "No.")
    assert tokenizer.decode(pair.chosen_ids) == "<|user|>Is it raining?<|assistant|>Yes.<|endoftext|>"
    assert tokenizer.decode(pair.rejected_ids) == "<|user|>Is it raining?<|assistant|>No.<|endoftext|>"
    assert tokenizer.decode(pair.chosen_ids[: pair.prompt_tokens]) == "<|user|>Is it raining?<|assistant|>"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("[", "not JSON"),
        ({"instruction": "x", "input": [1], "chosen": "a", "rejected": "b"}, "field 'input' is not text"),
        ('{"prompt": "x", "chosen": "a", "chosen": "c", "rejected": "b"}', "the field 'chosen' is there twice"),
        ({"chosen": [ASK, YES]}, "field 'rejected' is missing"),
        ({"chosen": "Yes.", "rejected": "No."}, "chosen: not a dialogue"),
        ({"chosen": [ASK], "rejected": [ASK, NO]}, "chosen: the last message is not the assistant's"),
        ({"chosen": [YES], "rejected": [NO]}, "chosen and rejected do not answer the same prompt"),
        ({"prompt": "x", "chosen": 3, "rejected": "No."}, "field 'chosen' is not text or a list of messages"),
        ({"prompt": "Why?", "chosen": [ASK, YES], "rejected": [ASK, NO]}, "chosen: it begins with another message"),
        ({"prompt": [ASK], "chosen": [YES], "rejected": [NO], "tools": [1]}, "field 'tools' is not supported"),
        ({"prompt": "x", "choosen": "a", "rejected": "b"}, r"field 'chosen' is missing; .*is 'choosen' to be 'chosen'"),
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


def test_answers_that_only_happen_to_begin_like_a_short_prompt_stay_whole(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    greeting = {"prompt": "Hi", "chosen": "Hi there!", "rejected": "Hi. What?"}
    found = read(tmp_path, tokenizer, greeting, {"prompt": "Is it raining?", "chosen": "Yes.", "rejected": "No."})
    assert (found[0].chosen, found[0].rejected) == ("Hi there!", "Hi. What?")
    number = {"prompt": "2", "chosen": "21", "rejected": "22"}
    assert read(tmp_path, tokenizer, number)[0].chosen == "21"
    everywhere = [{"prompt": p, "chosen": f"{p} yes", "rejected": f"{p} no"} for p in ("Hi", "You", "Go on then now")]
    assert [pair.chosen for pair in read(tmp_path, tokenizer, *everywhere)] == ["yes"] * 3


def test_a_system_text_is_said_once_and_first(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    system = {"role": "system", "content": "Be brief."}
    rows = [
        {"system": "Be brief.", "prompt": "Is it raining?", "chosen": "Yes.", "rejected": "No."},
        {"system": "Be brief.", "chosen": [ASK, YES], "rejected": [ASK, NO]},
        {"prompt": [system, ASK], "chosen": [ASK, YES], "rejected": [ASK, NO]},
        {"prompt": "Is it raining?", "chosen": [system, ASK, YES], "rejected": [system, ASK, NO]},
    ]
    for pair in read(tmp_path, tokenizer, *rows):
        assert tokenizer.decode(pair.chosen_ids) == (
            "<|system|>Be brief.<|user|>Is it raining?<|assistant|>Yes.<|endoftext|>"
        )


def test_what_is_left_out_is_counted_and_said(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast, capsys: pytest.CaptureFixture[str]
) -> None:
    base = {"prompt": "Is it raining?", "chosen": "Yes.", "rejected": "No.", "margin": 2.0}
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (base, {**base, "rejected": ""}, {**base, "score": 1})))
    pairs, counts = read_pairs(make_config(path), SHARED, tokenizer)
    assert len(pairs) == 2
    ignored = {"margin": 3, "score": 1}
    assert counts.to_json() == {"equal_pairs": 0, "empty_answers": 1, "contaminated": 0, "ignored_fields": ignored}
    assert "fields not used: margin (3), score (1)" in capsys.readouterr().err


def test_a_row_that_holds_a_test_item_on_either_side_is_left_out(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast, capsys: pytest.CaptureFixture[str]
) -> None:
    tested = max((item.question for item in draw_items(SHARED, "test", 20)), key=len)
    base = {"prompt": "Is it raining?", "chosen": "Yes.", "rejected": "No."}
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (base, {**base, "rejected": tested})))
    pairs, counts = read_pairs(make_config(path), SHARED, tokenizer)
    assert (len(pairs), counts.contaminated) == (1, 1)
    assert f"1 rows left out that hold test items ({path}:2" in capsys.readouterr().err
