"""What a row of packed conversations holds, and that its conversations never meet."""

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from components.base.errors import DataError
from components.generation.tool_calls import build_forcer
from components.sft.conversations import Conversation
from components.sft.packing import (
    IGNORED,
    Example,
    PackedRows,
    cut_to_answers,
    encode_conversations,
    lay_rows,
    pack_rows,
    write_rows,
)
from components.text.tokenizer import train_byte_bpe
from components.tools.config import CalculatorConfig
from tests.tiny import make_tokenizer

TURNS = [
    {"role": "user", "content": "What is 2 + 3?"},
    {"role": "assistant", "content": "The answer is 5."},
    {"role": "user", "content": "And 4 + 4?"},
    {"role": "assistant", "content": "The answer is 8."},
]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_byte_bpe(["The answer is 5. What is 2 + 3?"] * 3, vocab_size=280, pattern=r" ?\w+|.")


def example(length: int, answers: int = 1, start: int = 10) -> Example:
    return Example(np.arange(start, start + length, dtype=np.int32), np.arange(length) >= length - answers)


def measure(examples: list[Example]) -> npt.NDArray[np.int32]:
    return np.array([len(example.input_ids) for example in examples], np.int32)


def pack(examples: list[Example], seq_len: int, pad_id: int) -> PackedRows:
    [rows] = write_rows(examples, pack_rows(measure(examples), seq_len), seq_len, pad_id, packed=True)
    return rows


def test_only_what_the_assistant_says_is_learned_and_its_end_token_too(tokenizer: PreTrainedTokenizerFast) -> None:
    examples = list(encode_conversations([Conversation(TURNS, "here")], tokenizer, 256, "training"))
    rows = pack(examples, 256, tokenizer.pad_token_id)

    learned = [int(i) for i in rows.labels_RT[0] if i != IGNORED]
    assert tokenizer.decode(learned) == "The answer is 5.<|endoftext|>The answer is 8.<|endoftext|>"
    assert learned.count(tokenizer.eos_token_id) == 2


def test_a_row_to_itself_is_told_from_its_padding_by_a_mask(tokenizer: PreTrainedTokenizerFast) -> None:
    [rows] = write_rows([example(5), example(3)], lay_rows(2), 8, tokenizer.pad_token_id, packed=False)
    assert list(rows.borders) == ["attention_mask"]
    assert rows.borders["attention_mask"].sum(axis=1).tolist() == [5, 3]
    assert (rows.input_ids_RT[1, 3:] == tokenizer.pad_token_id).all() and (rows.labels_RT != IGNORED).sum() == 2


def test_padding_is_never_learned(tokenizer: PreTrainedTokenizerFast) -> None:
    rows = pack([example(5)], 16, tokenizer.pad_token_id)
    assert (rows.labels_RT[rows.input_ids_RT == tokenizer.pad_token_id] == IGNORED).all()
    assert (rows.labels_RT != IGNORED).sum() == 1


def test_a_conversation_too_long_is_cut_after_its_last_whole_answer() -> None:
    long = Example(np.arange(10, dtype=np.int32), np.array([0, 0, 1, 1, 0, 0, 1, 1, 1, 1], np.bool_))
    for seq_len, kept in ((9, 4), (10, 10), (4, 4)):
        found = cut_to_answers(long, seq_len)
        assert found is not None
        assert found.input_ids.tolist() == list(range(kept)) and found.mask.tolist() == long.mask[:kept].tolist()
    assert cut_to_answers(long, 3) is None


def test_a_set_without_one_answer_that_fits_is_refused(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(DataError, match="not one of 1 conversations has an answer within 4 tokens"):
        list(encode_conversations([Conversation(TURNS, "here")], tokenizer, 4, "training"))


def test_a_malformed_conversation_is_named_by_its_origin(tokenizer: PreTrainedTokenizerFast) -> None:
    bad = Conversation([*TURNS, {"role": "user", "content": None}], "mine.jsonl:7")
    with pytest.raises(DataError, match=r"mine\.jsonl:7: .*content"):
        list(encode_conversations([bad], tokenizer, 256, "training"))


@given(st.lists(st.integers(1, 32), min_size=1, max_size=60))
def test_every_example_lies_in_one_row_and_no_row_overflows(lengths: list[int]) -> None:
    layout = pack_rows(np.array(lengths, np.int32), 32)
    rows = [layout.list_examples(row) for row in range(layout.rows)]
    assert sorted(i for row in rows for i in row) == list(range(len(lengths)))
    assert all(0 < sum(lengths[i] for i in row) <= 32 for row in rows)
    # Two rows that could be one would mean that a fitting row was overlooked.
    assert sum(sum(lengths[i] for i in row) <= 16 for row in rows) <= 1
    assert rows == fit_best(lengths, 32)


def fit_best(lengths: list[int], seq_len: int) -> list[list[int]]:
    """The longest first, each where it leaves the least room."""
    rows: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        room = [seq_len - sum(lengths[i] for i in row) for row in rows]
        able = [row for row in range(len(rows)) if room[row] >= lengths[index]]
        if not able:
            rows.append([])
        rows[min(able, key=lambda row: room[row], default=-1)].append(index)
    return rows


def test_packing_loses_no_token() -> None:
    examples = [example(n, start=100 * n) for n in (3, 9, 4, 7, 2)]
    rows = pack(examples, 10, 0)
    assert rows.useful_tokens == 25 == (rows.input_ids_RT != 0).sum()
    assert sorted(rows.input_ids_RT[rows.input_ids_RT != 0]) == sorted(t for e in examples for t in e.input_ids)


def test_conversations_in_one_row_do_not_see_each_other() -> None:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2
    )
    model = LlamaForCausalLM(config).eval()
    examples = [example(6, start=5), example(9, start=20)]
    rows = pack(examples, 20, 0)
    assert len(rows.input_ids_RT) == 1

    packed = model(
        input_ids=torch.from_numpy(rows.input_ids_RT).long(),
        position_ids=torch.from_numpy(rows.position_ids_RT).long(),
        use_cache=False,
    ).logits[0]

    for one in examples:
        start = int(np.flatnonzero(rows.input_ids_RT[0] == one.input_ids[0])[0])
        alone = model(input_ids=torch.from_numpy(one.input_ids)[None].long()).logits[0]
        assert (packed[start : start + len(one.input_ids)] - alone).abs().max() < 1e-5


@pytest.mark.parametrize("answers", [1, 2])
def test_results_of_a_tool_are_read_and_not_learned(answers: int) -> None:
    tokenizer = make_tokenizer()
    turns = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "<<2 + 3=5>>. <<5 * 4=20>>. The answer is 20."},
    ] * answers
    told = [Conversation(turns, "here")]
    forcer = build_forcer(CalculatorConfig(kind="calculator"), tokenizer)
    [plain] = encode_conversations(told, tokenizer, 256, "training")
    [called] = encode_conversations(told, tokenizer, 256, "training", forcer)
    assert called.input_ids.tolist() == plain.input_ids.tolist()
    hidden = tokenizer.decode(plain.input_ids[plain.mask & ~called.mask].tolist())
    assert hidden.replace(">", "") == "520" * answers
    assert not (called.mask & ~plain.mask).any()
