"""The word-problem generator: reproducible, correct, varied, and disjoint between its uses."""

import re
from collections import Counter
from itertools import pairwise
from random import Random
from typing import get_args

import pytest

from components.base.config import SharedConfig, WordProblemsConfig
from components.base.errors import DataError
from components.problems.arithmetic import draw_chain
from components.problems.checker import is_correct, is_worked
from components.problems.formats import render_direct, render_document, render_worked
from components.problems.generator import draw_problem, generate_problems
from components.problems.partition import SHARES, Use, normalise, use_of

USES: tuple[Use, ...] = get_args(Use)
EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")


def make_shared(seed: int = 7, **changes: object) -> SharedConfig:
    language = WordProblemsConfig.model_validate({"min_steps": 1, "max_steps": 4, **changes})
    return SharedConfig(seed=seed, word_problems=language)


def test_the_same_seed_gives_the_same_problems_and_more_only_add() -> None:
    assert generate_problems(make_shared(), "train", 50)[:20] == generate_problems(make_shared(), "train", 20)


def test_another_seed_gives_other_problems() -> None:
    questions = {p.question for p in generate_problems(make_shared(), "train", 50)}
    assert not questions & {p.question for p in generate_problems(make_shared(seed=8), "train", 50)}


def test_uses_never_meet() -> None:
    keys = {use: {normalise(p.question) for p in generate_problems(make_shared(), use, 300)} for use in USES}
    assert all(len(keys[use]) == 300 for use in USES)
    assert sum(len(k) for k in keys.values()) == len(set().union(*keys.values()))
    assert all(use_of(key) == use for use in USES for key in keys[use])


def test_streams_of_one_use_hold_other_problems() -> None:
    corpus, sft = (
        {normalise(p.question) for p in generate_problems(make_shared(), "train", 300, stream=stream)}
        for stream in ("corpus", "sft")
    )
    assert len(corpus & sft) < 10


def test_each_use_gets_its_share_of_questions() -> None:
    found = Counter(use_of(f"question number {index}") for index in range(4000))
    for use, share in SHARES.items():
        assert found[use] / 4000 == pytest.approx(share / sum(SHARES.values()), abs=0.03)


def test_one_step_questions_repeat_in_no_use() -> None:
    problems = generate_problems(make_shared(max_steps=1), "train", 2000)
    assert len({normalise(p.question) for p in problems}) == 2000


def test_equations_hold_chain_up_and_end_in_the_answer() -> None:
    for problem in generate_problems(make_shared(), "preference", 400):
        found = [EQUATION.search(step) for step in problem.steps]
        equations = [(int(m[1]), m[2], int(m[3]), int(m[4])) for m in found if m]
        assert len(equations) == len(problem.steps)
        for left, operator, right, result in equations:
            assert {"+": left + right, "-": left - right, "*": left * right, "/": left / right}[operator] == result
            assert 2 <= result <= 100
        assert all(before[3] == after[0] for before, after in pairwise(equations))
        assert equations[-1][3] == problem.answer


def test_the_question_states_the_numbers_in_the_order_of_their_use() -> None:
    for problem in generate_problems(make_shared(), "test", 400):
        stated = re.findall(r"\d+", problem.question)
        steps = [EQUATION.search(step) for step in problem.steps]
        assert stated == [m[1] for m in steps[:1] if m] + [m[3] for m in steps if m]


def test_the_number_of_steps_follows_its_weights() -> None:
    problems = generate_problems(make_shared(min_steps=2, max_steps=3, step_weights=[1.0, 3.0, 1.0, 9.0]), "train", 800)
    lengths = [len(p.steps) for p in problems]
    assert set(lengths) == {2, 3}
    assert lengths.count(2) / 800 == pytest.approx(0.75, abs=0.06)


def test_all_uses_have_the_same_mixture_of_difficulties() -> None:
    means = [sum(len(p.steps) for p in generate_problems(make_shared(), use, 1500)) / 1500 for use in USES]
    assert max(means) - min(means) < 0.15


def test_language_is_varied_but_its_vocabulary_small() -> None:
    text = " ".join(p.question + " " + render_worked(p) for p in generate_problems(make_shared(), "train", 3000))
    words = set(re.findall(r"[a-z]+", text.lower()))
    assert 200 <= len(words) <= 350
    assert "{" not in text


def test_a_question_stays_short() -> None:
    lengths = [len(p.question.split()) for p in generate_problems(make_shared(), "train", 1000)]
    assert sum(lengths) / 1000 < 42
    assert max(lengths) <= 75


def test_largest_number_bounds_every_value() -> None:
    for seed in range(300):
        assert all(2 <= s.result <= 20 and s.left <= 20 for s in draw_chain(Random(seed), 4, 20))


def test_asking_for_more_than_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = draw_problem(make_shared(), "train", 0)
    monkeypatch.setattr("components.problems.generator.draw_problem", lambda *_, **__: one)
    with pytest.raises(DataError, match="2 different questions are asked for, 1 exist"):
        generate_problems(make_shared(), "train", 2)


def test_rendered_answers_are_judged_right_and_told_apart() -> None:
    for problem in generate_problems(make_shared(), "prompts", 200):
        worked, direct = render_worked(problem), render_direct(problem)
        assert is_correct(worked, str(problem.answer)) and is_worked(worked)
        assert is_correct(direct, str(problem.answer)) and not is_worked(direct)
        assert not is_correct(direct, str(problem.answer + 1))


def test_documents_come_half_worked_half_direct() -> None:
    rng = Random(0)
    problems = generate_problems(make_shared(), "train", 600)
    documents = [render_document(p, rng, worked_share=0.5) for p in problems]
    assert all(d.startswith("Question: ") and "\nAnswer: " in d for d in documents)
    assert sum(is_worked(d.split("\nAnswer: ")[1]) for d in documents) / 600 == pytest.approx(0.5, abs=0.07)
