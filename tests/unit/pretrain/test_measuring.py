"""Loss on a split is the mean over its targets, however it is cut into batches, lengths and workers."""

from pathlib import Path

import pytest
import torch

from components.base.errors import DataError
from components.parallel.mesh import ALONE
from components.pretrain.config import ObjectiveConfig
from components.pretrain.evaluation import measure_validation_loss, require_sequences
from components.pretrain.extrapolation import BUCKETS, measure_extrapolation
from components.pretrain.objective import Objective
from components.shards.order import count_samples, read_samples, spread_samples
from components.shards.reader import ShardSet
from components.text.sentinels import find_sentinels
from tests.tiny import make_model, make_tokenizer, write_tokens

TOKENIZER = make_tokenizer()
SEQ_LEN = 32


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> ShardSet:
    return ShardSet(write_tokens(TOKENIZER, tmp_path_factory.mktemp("tokens")), "validation")


def make_objective() -> Objective:
    cfg = ObjectiveConfig(kind="language_modeling")
    return Objective(cfg, find_sentinels(TOKENIZER), pad_token_id=TOKENIZER.pad_token_id, encoder_decoder=False, seed=0)


def test_the_loss_is_that_of_transformers_on_the_same_texts(shards: ShardSet) -> None:
    model = make_model(TOKENIZER).double()
    found = measure_validation_loss(model, shards, make_objective(), ALONE, seq_len=SEQ_LEN, max_sequences=None)
    everything = range(count_samples(shards.total_tokens, SEQ_LEN))
    rows = torch.from_numpy(read_samples(shards, everything, SEQ_LEN))
    with torch.no_grad():
        wanted = model(input_ids=rows, labels=rows).loss
    assert found == pytest.approx(float(wanted), rel=1e-6)


def test_fewer_sequences_lie_evenly_over_the_split_and_the_model_stays_in_training(shards: ShardSet) -> None:
    model = make_model(TOKENIZER).train()
    few = measure_validation_loss(model, shards, make_objective(), ALONE, seq_len=SEQ_LEN, max_sequences=2)
    middle = count_samples(shards.total_tokens, SEQ_LEN) // 2
    assert spread_samples(2 * middle, 2) == [0, middle]
    rows = torch.from_numpy(read_samples(shards, [0, middle], SEQ_LEN))
    assert model.training
    with torch.no_grad():
        assert few == pytest.approx(float(model.eval()(input_ids=rows, labels=rows).loss), rel=1e-5)


def test_the_mean_over_positions_is_the_loss_of_that_length(shards: ShardSet) -> None:
    model = make_model(TOKENIZER)
    found = measure_extrapolation(model, shards, seq_len=SEQ_LEN, factors=[1, 2], tokens=100_000)
    assert list(found) == ["1", "2"]
    for factor, figures in found.items():
        assert figures.tokens == SEQ_LEN * int(factor)
        assert len(figures.by_position) == BUCKETS
        assert sum(figures.by_position) / BUCKETS == pytest.approx(figures.loss, rel=1e-9)
    whole = measure_validation_loss(model, shards, make_objective(), ALONE, seq_len=SEQ_LEN, max_sequences=None)
    assert found["1"].loss == pytest.approx(whole, rel=1e-9)


def test_a_length_that_the_split_cannot_fill_is_left_out(shards: ShardSet) -> None:
    assert measure_extrapolation(make_model(TOKENIZER), shards, seq_len=100_000, factors=[1], tokens=1) == {}


def test_a_split_without_one_whole_sequence_is_refused(tmp_path: Path) -> None:
    tokens = write_tokens(TOKENIZER, tmp_path / "tokens")
    require_sequences(tokens, SEQ_LEN)
    with pytest.raises(DataError, match=r"train: \d+ tokens are less than one sequence of 1000000: bring more text"):
        require_sequences(tokens, 1_000_000)
