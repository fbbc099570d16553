"""Loss and exact match as quantization measures them."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from components.problems.generator import generate_problems
from components.quantize.config import QualityConfig
from components.quantize.quality import Probe, measure_loss
from tests.tiny import SHARED, make_model, make_tokenizer, write_tokens

QUALITY = QualityConfig(batches=2, batch_size=3, seq_len=24, problems=4, max_new_tokens=6)


def test_an_indifferent_model_has_the_loss_of_a_uniform_guess() -> None:
    model = make_model(make_tokenizer())
    with torch.no_grad():
        model.get_input_embeddings().weight.zero_()
    batch = np.arange(20, dtype=np.int64).reshape(2, 10)
    assert measure_loss(model, [batch]) == pytest.approx(math.log(model.config.vocab_size), rel=1e-6)


def test_loss_equals_that_of_transformers_over_batches() -> None:
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    rows = np.random.default_rng(0).integers(0, len(tokenizer), (4, 17))
    ids = torch.from_numpy(rows)
    expected = float(model(input_ids=ids, labels=ids).loss.detach())
    assert measure_loss(model, [rows[:2], rows[2:]]) == pytest.approx(expected, rel=1e-5)


def test_the_probe_never_asks_a_test_problem(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    probe = Probe(QUALITY, SHARED, write_tokens(tokenizer, tmp_path), tokenizer)
    asked = {problem.question for problem in probe._problems}
    held_out = {p.question for p in generate_problems(SHARED, "test", 200)}
    assert len(asked) == QUALITY.problems and not asked & held_out


def test_the_probe_measures_the_same_model_alike_twice(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    probe = Probe(QUALITY, SHARED, write_tokens(tokenizer, tmp_path), tokenizer)
    model = make_model(tokenizer)
    assert probe.measure(model, "once") == probe.measure(model, "twice")
