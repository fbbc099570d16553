"""Loss on the run's validation text."""

from pathlib import Path

import pytest
import torch

from components.scoring.perplexity import measure_loss
from components.scoring.validation_text import cut_at_documents, measure_text_loss
from components.shards.borders import count_positions
from components.shards.config import ValidationTextConfig
from components.shards.order import count_samples, read_samples
from components.shards.reader import ShardSet
from tests.tiny import make_model, make_tokenizer, write_tokens

TOKENIZER = make_tokenizer()
SEQ_LEN = 32


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tokens(TOKENIZER, tmp_path_factory.mktemp("tokens"))


def test_the_loss_is_that_of_transformers_on_each_document_alone(tokens: Path) -> None:
    model, shards = make_model(TOKENIZER), ShardSet(tokens, "validation")
    available = count_samples(shards.total_tokens, SEQ_LEN)
    wanted = available // 4
    found = measure_text_loss(model, TOKENIZER, tokens, ValidationTextConfig(sequences=wanted, seq_len=SEQ_LEN))
    total, count = 0.0, 0
    for start in (i * available // wanted * SEQ_LEN for i in range(wanted)):
        row = shards.read(start, start + SEQ_LEN + 1).tolist()
        first = 0
        for place in range(SEQ_LEN):
            if row[place] == TOKENIZER.eos_token_id or place == SEQ_LEN - 1:
                piece = torch.tensor([row[first : place + 2]])
                with torch.no_grad():
                    total += float(model(input_ids=piece, labels=piece).loss) * (piece.shape[1] - 1)
                count, first = count + piece.shape[1] - 1, place + 1
    assert count == wanted * SEQ_LEN
    assert found == pytest.approx(total / count, rel=1e-5)


def test_a_document_alone_costs_what_it_costs_packed(tokens: Path) -> None:
    model, shards = make_model(TOKENIZER), ShardSet(tokens, "validation")
    rows = read_samples(shards, [0, 1, 2], SEQ_LEN)
    pieces = cut_at_documents(rows, TOKENIZER.eos_token_id)
    assert len(pieces) > 3
    positions = torch.from_numpy(count_positions(rows[:, :-1], TOKENIZER.eos_token_id))
    ids = torch.from_numpy(rows)
    packed = measure_loss(model, [({"input_ids": ids[:, :-1], "position_ids": positions}, ids[:, 1:])])
    alone = measure_loss(
        model, [({"input_ids": torch.from_numpy(p[None, :-1])}, torch.from_numpy(p[None, 1:])) for p in pieces]
    )
    assert alone == pytest.approx(packed, rel=1e-5)


def test_a_model_of_another_tokenizer_or_without_one_sequence_is_not_measured(tokens: Path) -> None:
    model, text = make_model(TOKENIZER), ValidationTextConfig(sequences=4, seq_len=SEQ_LEN)
    another = make_tokenizer()
    another.chat_template = "{{ messages }}"
    assert measure_text_loss(model, another, tokens, text) is None
    model.config.max_position_embeddings = 1 << 30
    endless = ValidationTextConfig(sequences=4, seq_len=1 << 29)
    assert measure_text_loss(model, TOKENIZER, tokens, endless) is None


def test_a_model_that_reads_less_is_measured_on_shorter_sequences(tokens: Path) -> None:
    model = make_model(TOKENIZER)
    model.config.max_position_embeddings = 8
    long, short = (
        measure_text_loss(model, TOKENIZER, tokens, ValidationTextConfig(sequences=4, seq_len=n)) for n in (64, 8)
    )
    assert long == short is not None
