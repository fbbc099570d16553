"""From samples to the table, the votes, and the paired comparisons."""

import pytest

from components.evaluate.config import EvaluateConfig
from components.evaluate.samples import Sample
from components.evaluate.scores import collect_metrics, compare_methods, make_tables


def make_sample(
    method: str, index: int, correct: bool, *, model: str = "aligned", task: str = "word_problems"
) -> Sample:
    return Sample(
        model=model, method=method, task=task, id=str(index), shots=2, prompt="?", completions=("1",),
        answers=("1",), extracted="1", gold="1" if correct else "2", correct=correct,
    )  # fmt: skip


def make_samples(outcomes: dict[str, str], model: str = "aligned", task: str = "word_problems") -> list[Sample]:
    """`outcomes` maps a method to a string of + and -."""
    return [
        make_sample(method, index, sign == "+", model=model, task=task)
        for method, signs in outcomes.items()
        for index, sign in enumerate(signs)
    ]


def make_config(**changes: object) -> EvaluateConfig:
    return EvaluateConfig.model_validate(
        {
            "kind": "prompting",
            "methods": ["few_shot", "few_shot_cot", "self_consistency"],
            "items": 4,
            "exemplar_pool": 2,
            "shots": 2,
            "answer_only_max_new_tokens": 8,
            "cot_max_new_tokens": 16,
            "self_consistency": {"samples": 3, "temperature": 0.7, "top_p": 1.0},
            "confidence": 0.95,
        }
        | changes
    )


def test_each_cell_holds_the_share_its_interval_and_its_count() -> None:
    tables = make_tables(make_samples({"few_shot": "+-+-", "few_shot_cot": "++++"}), 0.95)
    cell = tables["word_problems"]["aligned"]["few_shot"]
    assert cell.to_json() == {"exact_match": 0.5, "low": 0.15, "high": 0.85, "n": 4}
    assert tables["word_problems"]["aligned"]["few_shot_cot"].exact_match == 1.0


def test_comparisons_are_paired_by_item() -> None:
    samples = make_samples({"few_shot_cot": "++++++-+", "few_shot": "+-----+-"})
    compared = compare_methods(samples, "few_shot_cot", "few_shot", 0.95)
    assert compared.difference == 0.625
    assert compared.low < 0.625 < compared.high
    assert compared.p_value == pytest.approx(2 * (1 + 7) / 128, abs=1e-4)


def test_the_aligned_models_differences_stand_at_the_top() -> None:
    aligned = make_samples({"few_shot": "+---", "few_shot_cot": "+++-", "self_consistency": "++--"})
    base = make_samples({"few_shot": "----", "few_shot_cot": "----", "self_consistency": "----"}, model="base")
    metrics = collect_metrics(base + aligned, make_config())
    assert metrics.few_shot_cot_minus_direct == 0.5
    assert metrics.few_shot_cot_above_direct is True
    assert metrics.self_consistency_minus_greedy_cot == -0.25
    assert metrics.self_consistency_not_below_greedy_cot is False
    assert list(metrics.table) == ["base", "aligned"]
    nothing = metrics.comparisons["base"]["few_shot_cot_minus_direct"]
    assert (nothing.difference, nothing.p_value) == (0.0, 1.0)


def test_methods_that_were_not_run_are_not_compared() -> None:
    metrics = collect_metrics(make_samples({"few_shot": "+-"}), make_config(methods=["few_shot"]))
    assert metrics.comparisons == {"aligned": {}}
    assert metrics.few_shot_cot_above_direct is None


def test_a_users_task_has_a_table_of_its_own_and_no_part_in_the_comparison() -> None:
    own = make_samples({"few_shot": "----", "few_shot_cot": "++++", "self_consistency": "++++"})
    users = make_samples({"few_shot": "++++", "few_shot_cot": "----"}, task="gsm8k")
    metrics = collect_metrics(own + users, make_config())
    assert metrics.few_shot_cot_minus_direct == 1.0
    assert metrics.tasks["gsm8k"]["aligned"]["few_shot"].exact_match == 1.0
