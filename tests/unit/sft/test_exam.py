"""The figures that say what a tuned model can do."""

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.sft.exam import Answer, grade, measure_answer_loss
from components.sft.packing import IGNORED, PackedRows


def answer(style: str, *, correct: bool, worked: bool = False, finished: bool = True) -> Answer:
    return Answer(style, "", "", 1, correct, worked, finished)


def test_each_style_has_its_own_share_of_right_answers() -> None:
    answers = [answer("steps", correct=True), answer("steps", correct=True, finished=False)]
    answers += [answer("direct", correct=False), answer("direct", correct=True)]
    answers += [answer("plain", correct=False, worked=True), answer("plain", correct=False)]
    assert grade(answers) == {
        "exact_match_cot": 1.0,
        "exact_match_direct": 0.5,
        "exact_match_plain": 0.0,
        "worked_share_plain": 0.5,
        "finished_share": round(5 / 6, 4),
        "exam_problems": 2,
    }


def test_no_exam_has_no_figures() -> None:
    assert grade([]) == {}


def test_loss_is_the_mean_over_learned_tokens_alone() -> None:
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

    assert measure_answer_loss(model, PackedRows(ids, labels, positions, 12)) == pytest.approx(by_hand.item(), rel=1e-5)
