"""Filters, by answers worked out by hand from lm-eval's rules."""

from typing import Any

import pytest

from components.base.errors import ParamsError
from components.evaluate.harness.filters import apply_pipeline, build_pipelines

DOC = {"choices": ["Guilty", "Guilty of Romance", "No"]}


def filter_answers(steps: list[dict[str, Any]], answers: list[str]) -> Any:
    pipeline = build_pipelines([{"name": "it", "filter": steps}], "page")["it"]
    return apply_pipeline(pipeline, [answers], [DOC], "page")[0]


@pytest.mark.parametrize(
    ("step", "answers", "expected"),
    [
        ({"function": "regex"}, ["so #### 1,234.5 .", "none"], ["1,234.5", "[invalid]"]),
        ({"function": "regex", "regex_pattern": "[0-9]+", "group_select": -1}, ["1 then 22"], ["22"]),
        ({"function": "regex", "regex_pattern": "(a)|(b)", "fallback": "?"}, ["xb", ""], ["b", "?"]),
        ({"function": "lowercase"}, ["A b"], ["a b"]),
        ({"function": "uppercase"}, ["A b"], ["A B"]),
        ({"function": "remove_whitespace"}, [" a \n"], ["a"]),
        ({"function": "map", "mapping_dict": {"a": 1}, "default_value": 0}, ["a", "b"], [1, 0]),
        ({"function": "take_first_k", "k": 2}, ["a", "b", "c"], ["a", "b"]),
        ({"function": "majority_vote"}, ["a", "b", "b", "a", "b"], ["b"]),
        ({"function": "take_first"}, ["a", "b"], "a"),
        ({"function": "multi_choice_regex", "regex_pattern": r"(\([A-Z]\))"}, ["it is (B)"], ["(B)"]),
        ({"function": "multi_choice_regex"}, ["he is Guilty of Romance"], ["(B)"]),
        ({"function": "multi_choice_regex"}, ["Answer: C"], ["(C)"]),
        ({"function": "multi_choice_regex", "ignore_case": True, "ignore_punctuation": True}, ["no!"], ["(C)"]),
        ({"function": "multi_choice_regex"}, ["who knows"], ["[invalid]"]),
    ],
)
def test_a_filter_does_what_lm_eval_s_does(step: dict[str, Any], answers: list[str], expected: Any) -> None:
    assert filter_answers([step], answers) == expected


def test_steps_follow_each_other() -> None:
    steps = [
        {"function": "regex", "regex_pattern": "[0-9]+"},
        {"function": "majority_vote"},
        {"function": "take_first"},
    ]
    assert filter_answers(steps, ["is 4", "was 5", "now 5"]) == "5"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"function": "custom"}, "'custom' is not one of take_first"),
        ({"function": "regex", "pattern": "a"}, "regex: pattern: unknown"),
        ({"function": "regex", "regex_pattern": "("}, "not a regular expression"),
        ({"function": "take_first_k"}, "k: a number is missing"),
        ("take_first", "None is not one of"),
    ],
)
def test_a_filter_that_is_not_known_is_refused(step: Any, told: str) -> None:
    with pytest.raises(ParamsError, match=f"page: filter_list.it: .*{told}".replace("(", r"\(")):
        build_pipelines([{"name": "it", "filter": [step]}], "page")


def test_more_answers_than_there_are_is_refused() -> None:
    with pytest.raises(ParamsError, match="raise repeats"):
        filter_answers([{"function": "take_first_k", "k": 3}], ["a"])
