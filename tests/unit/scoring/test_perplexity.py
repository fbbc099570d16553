"""Means of log-probabilities."""

import math

import pytest
import torch

from components.scoring.perplexity import convert_to_bits, measure_loss
from tests.tiny import make_model, make_tokenizer


def test_an_indifferent_model_has_the_loss_of_a_uniform_guess() -> None:
    model = make_model(make_tokenizer())
    with torch.no_grad():
        model.get_input_embeddings().weight.zero_()
    ids = torch.arange(20).reshape(2, 10)
    found = measure_loss(model, [({"input_ids": ids[:, :-1]}, ids[:, 1:])])
    assert found == pytest.approx(math.log(model.config.vocab_size), rel=1e-6)


def test_a_mean_is_over_targets_however_they_are_batched() -> None:
    model = make_model(make_tokenizer())
    ids = torch.randint(0, 300, (5, 12), generator=torch.Generator().manual_seed(0))
    targets = ids[:, 1:].clone()
    targets[3, :9] = -100
    whole = [({"input_ids": ids[:, :-1]}, targets)]
    parts = [({"input_ids": ids[part, :-1]}, targets[part]) for part in (slice(0, 2), slice(2, 5))]
    assert measure_loss(model, whole) == pytest.approx(measure_loss(model, parts), rel=1e-6)


def test_without_a_target_there_is_no_loss() -> None:
    ids = torch.zeros(1, 4, dtype=torch.long)
    with pytest.raises(ValueError, match="no target to measure a loss on"):
        measure_loss(make_model(make_tokenizer()), [({"input_ids": ids}, torch.full_like(ids, -100))])


def test_a_nat_a_token_of_one_byte_is_that_many_bits() -> None:
    assert convert_to_bits(math.log(2), tokens=10, text_bytes=20) == pytest.approx(0.5)
