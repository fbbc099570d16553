import os
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from components.text.tokenizer import train_byte_bpe

WORDS = r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+"
TEXTS = ["Anna has 12 apples and buys 30 more. 12 + 30 = 42. The answer is 42.", "How many apples are there?"] * 4


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_byte_bpe(TEXTS, vocab_size=300, pattern=WORDS)


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("ONTOGENY_DATA", ""))
    if not os.environ.get("ONTOGENY_DATA") or not folder.is_dir():
        pytest.skip("ONTOGENY_DATA names no folder of real data")
    return folder
