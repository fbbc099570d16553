"""Loss on the run's validation text."""

from pathlib import Path

import pytest
import torch

from components.scoring.validation_text import measure_text_loss
from components.shards.config import ValidationTextConfig
from components.shards.order import count_samples
from components.shards.reader import ShardSet
from components.text.tokenizer import hash_tokenizer
from tests.tiny import make_model, make_tokenizer, write_tokens

TOKENIZER = make_tokenizer()
SHA256 = hash_tokenizer(TOKENIZER)
SEQ_LEN = 32


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tokens(TOKENIZER, tmp_path_factory.mktemp("tokens"))


def test_the_loss_is_that_of_transformers_on_every_nth_sequence(tokens: Path) -> None:
    model, shards = make_model(TOKENIZER), ShardSet(tokens, "validation")
    available = count_samples(shards.total_tokens, SEQ_LEN)
    wanted = available // 4
    found = measure_text_loss(
        model, tokens, ValidationTextConfig(sequences=wanted, seq_len=SEQ_LEN), tokenizer_sha256=SHA256
    )
    starts = [i * available // wanted * SEQ_LEN for i in range(wanted)]
    rows = torch.stack([torch.from_numpy(shards.read(start, start + SEQ_LEN + 1)) for start in starts])
    with torch.no_grad():
        assert found == pytest.approx(float(model(input_ids=rows, labels=rows).loss), rel=1e-5)


def test_a_model_of_another_tokenizer_or_without_one_sequence_is_not_measured(tokens: Path) -> None:
    model, text = make_model(TOKENIZER), ValidationTextConfig(sequences=4, seq_len=SEQ_LEN)
    assert measure_text_loss(model, tokens, text, tokenizer_sha256="another") is None
    model.config.max_position_embeddings = 1 << 30
    endless = ValidationTextConfig(sequences=4, seq_len=1 << 29)
    assert measure_text_loss(model, tokens, endless, tokenizer_sha256=SHA256) is None


def test_a_model_that_reads_less_is_measured_on_shorter_sequences(tokens: Path) -> None:
    model = make_model(TOKENIZER)
    model.config.max_position_embeddings = 8
    long, short = (
        measure_text_loss(model, tokens, ValidationTextConfig(sequences=4, seq_len=n), tokenizer_sha256=SHA256)
        for n in (64, 8)
    )
    assert long == short is not None
