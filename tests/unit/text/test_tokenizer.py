"""Lossless on any text, the same after saving, and refused when it is another one."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components.base.errors import ArtifactError, DataError, ParamsError
from components.text.chat import EOS, PAD, SPECIAL_TOKENS, render_chat
from components.text.tokenizer import (
    copy_tokenizer,
    decode_answer,
    decode_ids,
    encode_text,
    encode_texts,
    hash_tokenizer,
    load_tokenizer,
    require_same_tokenizer,
    save_tokenizer,
    train_byte_bpe,
)

WORDS = r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+"
TEXTS = ["Anna has 12 apples and buys 30 more. 12 + 30 = 42. The answer is 42.", "How many apples?"] * 4
BYTE_BPE = train_byte_bpe(TEXTS, vocab_size=300, pattern=WORDS)
ANY_TEXT = st.one_of(
    st.text(),
    st.lists(st.sampled_from([*SPECIAL_TOKENS, " ", "\n", "12", "\x00", "\u0301", "é"])).map("".join),
    st.text(st.characters(categories=["Cc", "Cf", "Zs", "Zl", "Mn", "Co", "Cn"])),
)


@given(ANY_TEXT)
@example("\x00\x01\x1f\x7f\x85\u2028\ufeff")
@example("e\u0301 é ﬁ Å 가 \u200d👩‍👩‍👧")
@example(" , n't  .  \r\n\t ")
@example("\U0010ffff\ufffe\ufffd")
@settings(max_examples=300, deadline=None)
def test_any_unicode_text_comes_back_unchanged_and_never_as_special_tokens(text: str) -> None:
    ids = encode_text(BYTE_BPE, text)
    assert decode_ids(BYTE_BPE, ids) == text
    assert not set(ids) & set(BYTE_BPE.all_special_ids)


def test_numbers_are_single_digits() -> None:
    ids = encode_text(BYTE_BPE, "x12 + 30=42")
    tokens = [decode_ids(BYTE_BPE, [i]).strip() for i in ids]
    assert [t for t in tokens if any(c.isdigit() for c in t)] == ["1", "2", "3", "0", "4", "2"]


def test_the_vocabulary_has_the_size_asked_for_and_every_byte() -> None:
    assert len(BYTE_BPE) == 300
    assert max(BYTE_BPE.get_vocab().values()) == 299
    assert [BYTE_BPE.convert_tokens_to_ids(t) for t in SPECIAL_TOKENS] == [0, 1, 2, 3, 4]
    assert (BYTE_BPE.pad_token, BYTE_BPE.eos_token) == (PAD, EOS)
    with pytest.raises(ParamsError, match="260 is below 261"):
        train_byte_bpe(TEXTS, vocab_size=260, pattern=WORDS)


def test_a_pattern_that_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(ParamsError, match="is not a regular expression"):
        train_byte_bpe(TEXTS, vocab_size=300, pattern="(")


def test_training_twice_gives_the_same_tokenizer() -> None:
    again = train_byte_bpe(reversed(TEXTS), vocab_size=300, pattern=WORDS)
    assert hash_tokenizer(again) == hash_tokenizer(BYTE_BPE)


def test_the_hash_survives_saving_and_use_and_changes_with_what_matters(tmp_path: Path) -> None:
    save_tokenizer(BYTE_BPE, tmp_path / "a")
    loaded = load_tokenizer(tmp_path / "a")
    loaded(["a", "b c"], padding=True, truncation=True, max_length=2)
    assert hash_tokenizer(loaded) == hash_tokenizer(BYTE_BPE)
    copy_tokenizer(tmp_path / "a", tmp_path / "b")
    other = load_tokenizer(tmp_path / "b")
    assert hash_tokenizer(other) == hash_tokenizer(BYTE_BPE)
    other.chat_template = other.chat_template + " "
    assert hash_tokenizer(other) != hash_tokenizer(BYTE_BPE)


def test_the_chat_template_travels_in_the_folder(tmp_path: Path) -> None:
    save_tokenizer(BYTE_BPE, tmp_path)
    chat = [{"role": "user", "content": "hi"}]
    assert render_chat(load_tokenizer(tmp_path), chat) == render_chat(BYTE_BPE, chat)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"


def test_an_answer_is_decoded_as_its_reader_sees_it() -> None:
    ids = [*encode_text(BYTE_BPE, "5 apples ."), BYTE_BPE.eos_token_id]
    assert decode_answer(BYTE_BPE, ids) == "5 apples ."
    assert decode_ids(BYTE_BPE, ids) == f"5 apples .{EOS}"


def test_a_missing_or_broken_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"tokenizer\.json is missing"):
        load_tokenizer(tmp_path)
    save_tokenizer(BYTE_BPE, tmp_path)
    (tmp_path / "tokenizer.json").write_text('{"version": ')
    with pytest.raises(ArtifactError, match="not a readable tokenizer") as caught:
        load_tokenizer(tmp_path)
    assert "\n" not in str(caught.value)


def test_another_tokenizer_is_refused_by_name_and_hash() -> None:
    require_same_tokenizer("a" * 64, "a" * 64, "sft/model")
    with pytest.raises(ArtifactError, match=r"^sft/model: the tokenizer does not match: expected aaaaaaaaaaaa"):
        require_same_tokenizer("a" * 64, "b" * 64, "sft/model")


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(DataError, match="lone surrogate"):
        encode_text(BYTE_BPE, "a\ud800")


def test_a_batch_is_its_texts_one_by_one() -> None:
    texts = ["12 apples", "", EOS]
    assert encode_texts(BYTE_BPE, texts) == [encode_text(BYTE_BPE, text) for text in texts]
    assert encode_texts(BYTE_BPE, []) == []
