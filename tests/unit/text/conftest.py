import pytest
from transformers import PreTrainedTokenizerFast

from components.text.tokenizer import train_byte_bpe

WORDS = r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+"
TEXTS = ["Anna has 12 apples and buys 30 more. 12 + 30 = 42. The answer is 42.", "How many apples are there?"] * 4


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_byte_bpe(TEXTS, vocab_size=300, pattern=WORDS)
