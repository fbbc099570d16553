"""Who is measured on which prompts, and what a completion is worth."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from components.align.evaluation import PolicyEvaluator, score_completions, share_prompts
from components.align.models import PolicyModels
from components.align.prompts import Prompt
from components.align.rewards import RewardSource
from components.generation.completion import Completion
from components.parallel.mesh import ALONE
from components.text.tokenizer import encode_text
from tests.tiny import make_tokenizer

PROMPTS = [Prompt([index], str(index)) for index in range(7)]


def test_workers_are_measured_on_equally_many_prompts_none_in_two_parts() -> None:
    parts = [
        share_prompts(PROMPTS, cast(PolicyModels, SimpleNamespace(mesh=replace(ALONE, data_rank=rank, data_world=3))))
        for rank in range(3)
    ]
    assert [len(part) for part in parts] == [2, 2, 2]
    assert len({prompt.ids[0] for part in parts for prompt in part}) == 6


def test_a_completion_is_correct_only_where_the_answer_is_known() -> None:
    tokenizer = make_tokenizer()
    said = ["3 + 4 = 7. The answer is 7.", "The answer is 7.", "The answer is 8."]
    completions = [Completion(encode_text(tokenizer, text), [], "stop", tokenizer.eos_token_id) for text in said]
    prompts = [Prompt([1], "7"), Prompt([1], None), Prompt([1], "7")]
    correct, cot = score_completions(completions, prompts, tokenizer)
    assert correct == [1.0, 0.0, 0.0]
    assert cot == [1.0, 0.0, 0.0]


def test_several_tasks_are_told_apart_and_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = make_tokenizer()
    said = ["The answer is 7.", "The answer is 7.", "The answer is 8."]
    completions = [Completion(encode_text(tokenizer, text), [], "stop", tokenizer.eos_token_id) for text in said]
    prompts = [Prompt([1], "7", task="a"), Prompt([1], "9", task="b"), Prompt([1], "8", task="b")]
    models = cast(PolicyModels, SimpleNamespace(mesh=ALONE, tokenizer=tokenizer))
    rollout = SimpleNamespace(completions=completions)
    monkeypatch.setattr(PolicyEvaluator, "_sample", lambda *_, **__: rollout)
    evaluator = PolicyEvaluator(models, cast(RewardSource, None), prompts, [], 8, 1, ["a", "b", "c"])
    found = evaluator.evaluate_greedy(by_task=True)
    assert found == {
        "exact_match": 2 / 3,
        "worked_share": 0.0,
        "exact_match.a": 1.0,
        "exact_match.b": 0.5,
        "exact_match.c": None,
    }
    assert set(evaluator.evaluate_greedy()) == {"exact_match", "worked_share"}
    assert set(replace(evaluator, tasks=["a"]).evaluate_greedy(by_task=True)) == {"exact_match", "worked_share"}
