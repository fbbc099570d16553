"""Which sampled answers count as right."""

import pytest
from transformers import PreTrainedTokenizerFast

from components.generation.answers import read_answers
from components.generation.completion import Completion
from components.preferences.sampling import label_sample
from components.text.tokenizer import encode_text, train_byte_bpe


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_byte_bpe(["2 + 3 = 5. The answer is 5."] * 3, vocab_size=270, pattern=r" ?\w+|.")


def test_a_right_finished_answer_is_right_and_ends_with_the_end_token(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = encode_text(tokenizer, "2 + 3 = 5. The answer is 5.")
    sample = label_sample(read_answers(tokenizer, [Completion(ids, [], "stop", tokenizer.eos_token_id)])[0], "5")
    assert sample.correct and sample.is_preferred
    assert sample.ids == [*ids, tokenizer.eos_token_id]


def test_a_wrong_answer_is_wrong(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = encode_text(tokenizer, "The answer is 6.")
    assert not label_sample(
        read_answers(tokenizer, [Completion(ids, [], "stop", tokenizer.eos_token_id)])[0], "5"
    ).correct


def test_a_right_answer_that_was_cut_off_is_not_preferred(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    ids = encode_text(tokenizer, "The answer is 5. And")
    sample = label_sample(read_answers(tokenizer, [Completion(ids, [], "length")])[0], "5")
    assert sample.correct and not sample.is_preferred
    assert sample.ids == ids
