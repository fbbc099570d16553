"""The figures that say what a tuned model can do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.sft.evaluation import STYLES, Sample, measure_answer_loss, summarise
from components.sft.packing import IGNORED, PackedRows
from components.sft.row_files import save_rows
from components.tasks.phrasing import Style


def sample(style: Style, *, correct: bool, cot: bool = False, finished: bool = True) -> Sample:
    return Sample("t", style, "", "", "1", correct, cot, finished)


def test_each_style_has_its_own_share_of_right_answers() -> None:
    samples = [sample("cot", correct=True), sample("cot", correct=True, finished=False)]
    samples += [sample("answer_only", correct=False), sample("answer_only", correct=True)]
    samples += [sample("unconstrained", correct=False, cot=True), sample("unconstrained", correct=False)]
    exam = {
        "exact_match_cot": 1.0,
        "exact_match_direct": 0.5,
        "exact_match_plain": 0.0,
        "worked_share_plain": 0.5,
    }
    assert summarise(samples).to_json() == {
        **exam,
        "tasks": {"t": exam},
        "finished_share": round(5 / 6, 4),
        "exam_items": 2,
    }


def test_tasks_count_alike_in_the_mean_and_steps_only_where_answers_are_numbers() -> None:
    numbers = [sample(style, correct=True, cot=True) for style in STYLES]
    words = [replace(sample(style, correct=False), task="words", cot=None) for style in STYLES for _ in range(3)]
    found = summarise(numbers + words)
    assert (found.exact_match_cot, found.worked_share_plain, found.exam_items) == (0.5, 1.0, 4)
    assert found.tasks is not None and found.tasks["words"].to_json() == {
        "exact_match_cot": 0.0,
        "exact_match_direct": 0.0,
        "exact_match_plain": 0.0,
    }


def test_nothing_asked_has_no_figures() -> None:
    assert summarise([]).to_json() == {}


def test_loss_is_the_mean_over_learned_tokens_alone(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=20, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    model = LlamaForCausalLM(config).eval()
    ids = np.arange(1, 13, dtype=np.int32).reshape(2, 6)
    labels = np.full_like(ids, IGNORED)
    labels[0, 2], labels[1, 4:] = ids[0, 2], ids[1, 4:]
    positions = np.tile(np.arange(6, dtype=np.int32), (2, 1))

    logprobs = model(torch.from_numpy(ids).long()).logits.log_softmax(-1)
    by_hand = -(logprobs[0, 1, 3] + logprobs[1, 3, 11] + logprobs[1, 4, 12]) / 3

    saved = save_rows([PackedRows(ids, labels, positions, 12)], "position_ids", tmp_path / "rows")
    assert measure_answer_loss(model, saved.file) == pytest.approx(by_hand.item(), rel=1e-5)
