"""Figures of planted answers, of a task and of a group, by hand."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DataError, ParamsError
from components.evaluate.harness.aggregation import choose_aggregation, summarise, summarise_group
from components.evaluate.harness.metrics import check_metrics, judge, make_normaliser
from components.tasks.harness.suite import open_suite
from components.tasks.harness.task import HarnessTask, open_task
from tests.unit.evaluate.harness import pages


def make_task(folder: Path, **keys: Any) -> HarnessTask:
    pages.write_rows(folder)
    page = {
        **pages.list_pages()["mc_target_text"],
        "doc_to_choice": ["ab", "abcdefgh", "é"],
        "doc_to_target": 1,
        **keys,
    }
    (folder / "page.yaml").write_text(json.dumps(page), encoding="utf-8")
    return open_task(folder / "page.yaml")


def test_choices_are_judged_as_they_are_by_characters_and_by_bytes(tmp_path: Path) -> None:
    names = ["acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match"]
    task = make_task(tmp_path, metric_list=[{"metric": name} for name in names])
    [question] = task.ask(limit=1)
    assert question.arguments[3:] == (("", " ab"), ("", " abcdefgh"), ("", " é"))
    # By characters -2, -1, -0.9; by bytes -2, -1, -0.45; less what each has alone -3, 0, -0.4.
    answers = [(-4.0, False), (-8.0, True), (-0.9, False), (-1.0, False), (-8.0, False), (-0.5, False)]
    figures = judge(task, question, answers)
    assert figures == {"acc": 0.0, "acc_norm": 0.0, "acc_bytes": 0.0, "acc_mutual_info": 1.0, "exact_match": 1}


def test_the_delimiter_is_no_part_of_an_option_s_length(tmp_path: Path) -> None:
    task = make_task(tmp_path, target_delimiter="      ", doc_to_choice=["a", "bb"], doc_to_target=1)
    [question] = task.ask(limit=1)
    assert judge(task, question, [(-1.0, False), (-1.9, False)]) == {"acc": 0.0, "acc_norm": 1.0}


def test_a_gold_answer_that_is_no_option_is_refused(tmp_path: Path) -> None:
    task = make_task(tmp_path, doc_to_target=3)
    [question] = task.ask(limit=1)
    with pytest.raises(DataError, match="row 0: no gold: 3 is none of its 3 options"):
        judge(task, question, [(-1.0, False)] * 3)


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        ([{"metric": "bleu"}], "'bleu' is not one of acc"),
        ([{"metric": "acc", "ignore_case": True}], "acc: ignore_case: unknown option"),
        ([{"metric": "acc", "aggregation": "mode"}], "'mode' is not one of mean"),
    ],
)
def test_a_metric_that_is_not_known_is_refused(tmp_path: Path, metrics: list[dict[str, Any]], told: str) -> None:
    task = make_task(tmp_path, metric_list=metrics)
    with pytest.raises(ParamsError, match=told):
        check_metrics(task)
        choose_aggregation(task, "acc")


def test_a_match_ignores_what_it_is_told_to() -> None:
    assert make_normaliser({})("A.1") == "A.1"
    everything = {"regexes_to_ignore": ["x+"], "ignore_case": True, "ignore_punctuation": True, "ignore_numbers": True}
    assert make_normaliser(everything)("xxA.b, 12!") == "ab "


def test_perplexities_weigh_texts_by_their_length(tmp_path: Path) -> None:
    task = make_task(tmp_path, output_type="loglikelihood_rolling", doc_to_target="passage", doc_to_choice=None)
    figures = {(name, "none"): [(-2.0, 1), (-4.0, 2)] for name in ("word_perplexity", "bits_per_byte")}
    found = summarise(task, figures)
    assert found["word_perplexity,none"] == pytest.approx(math.exp(2.0))
    assert found["bits_per_byte,none"] == pytest.approx(2.0 / math.log(2))
    assert found["word_perplexity_stderr,none"] == "N/A"


def test_f1_is_that_of_the_second_option(tmp_path: Path) -> None:
    task = make_task(tmp_path, metric_list=[{"metric": "f1"}])
    found = summarise(task, {("f1", "none"): [(1, 1), (1, 0), (0, 1), (0, 0), (1, 1)]})
    assert found["f1,none"] == pytest.approx(2 * 2 / (3 + 3))


def test_a_group_weighs_tasks_by_their_size_and_names_pages_beside_it(tmp_path: Path) -> None:
    make_task(tmp_path, task="first")
    (tmp_path / "page.yaml").rename(tmp_path / "first.yaml")
    make_task(tmp_path, task="second")
    (tmp_path / "page.yaml").rename(tmp_path / "other_name.yaml")
    group: dict[str, Any] = {"group": "both", "task": ["first", {"task": "second", "num_fewshot": 2}]}
    for by_size, expected in ((True, 0.25 * 0.9 + 0.75 * 0.5), (False, 0.7)):
        group["aggregate_metric_list"] = {"metric": "acc", "weight_by_size": by_size}
        (tmp_path / "group.yaml").write_text(json.dumps(group), encoding="utf-8")
        suite = open_suite(tmp_path / "group.yaml")
        assert [(task.name, task.page.num_fewshot) for task in suite.tasks] == [("first", None), ("second", 2)]
        results = {
            "first": {"sample_len": 10, "acc,none": 0.9, "acc_stderr,none": 0.1},
            "second": {"sample_len": 30, "acc,none": 0.5, "acc_stderr,none": 0.2},
        }
        found = summarise_group(suite.groups[0], results)
        assert found["acc,none"] == pytest.approx(expected)
        pooled = math.sqrt((9 * 0.01 * 10 + 29 * 0.04 * 30) / 38 / 40)
        assert found["acc_stderr,none"] == pytest.approx(pooled if by_size else math.sqrt(0.05) / 2)


def test_a_group_of_an_unknown_task_is_refused(tmp_path: Path) -> None:
    (tmp_path / "group.yaml").write_text("{group: both, task: [nowhere]}", encoding="utf-8")
    with pytest.raises(ParamsError, match="no page beside this one is of a task called 'nowhere'"):
        open_suite(tmp_path / "group.yaml")
