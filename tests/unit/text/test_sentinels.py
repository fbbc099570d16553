"""Sentinels stand behind the vocabulary, and no text becomes one."""

from components.text.sentinels import MODES, add_sentinels, find_sentinels
from components.text.tokenizer import decode_ids, encode_text
from tests.tiny import make_tokenizer


def test_sentinels_are_appended_and_change_no_other_id() -> None:
    plain, tokenizer = make_tokenizer(), make_tokenizer()
    add_sentinels(tokenizer, 4)
    size = len(plain)
    assert find_sentinels(tokenizer).spans == tuple(range(size, size + 4))
    assert sorted(find_sentinels(tokenizer).modes.values()) == [size + 4, size + 5, size + 6]
    text = "Tom has 3 apples."
    assert encode_text(tokenizer, text) == encode_text(plain, text)


def test_a_text_that_spells_a_sentinel_stays_text() -> None:
    tokenizer = make_tokenizer()
    add_sentinels(tokenizer, 4)
    text = f"<extra_id_0> and {MODES['R']} are words here"
    ids = encode_text(tokenizer, text)
    assert max(ids) < min(find_sentinels(tokenizer).spans)
    assert decode_ids(tokenizer, ids) == text


def test_adding_them_again_adds_nothing() -> None:
    tokenizer = make_tokenizer()
    add_sentinels(tokenizer, 4)
    size = len(tokenizer)
    add_sentinels(tokenizer, 4)
    assert len(tokenizer) == size


def test_without_sentinels_there_are_none() -> None:
    assert find_sentinels(make_tokenizer()) == ((), {})
