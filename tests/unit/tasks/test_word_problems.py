"""The word problems: reproducible, correct, varied, and disjoint between their uses."""

import re
from itertools import pairwise
from random import Random
from typing import get_args

import pytest

from components.base.errors import DataError
from components.tasks.config import WordProblemsConfig
from components.tasks.score import has_cot, is_correct
from components.tasks.task import Item
from components.tasks.uses import Use, normalise, use_of
from components.tasks.word_problems.arithmetic import draw_chain
from components.tasks.word_problems.generator import Problem, draw_problem
from components.tasks.word_problems.scenes import SCENES
from components.tasks.word_problems.source import WordProblems
from components.tasks.word_problems.telling import tell_scene

USES: tuple[Use, ...] = get_args(Use)
EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)\.?")
IN_WORDS = set(range(2, 13))
"""Numbers that a question may spell or say ("twice")."""


def make_config(**changes: object) -> WordProblemsConfig:
    return WordProblemsConfig.model_validate({"kind": "word_problems", "min_steps": 1, "max_steps": 4, **changes})


def draw(use: Use, count: int, *, seed: int = 7, stream: str = "", **changes: object) -> list[Item]:
    return WordProblems("sums", make_config(**changes), seed).draw_items(use, count, stream=stream)


def draw_problems(use: Use, count: int, **changes: object) -> list[Problem]:
    return [draw_problem(make_config(**changes), use, seed) for seed in range(count)]


def keys_of(items: list[Item]) -> set[str]:
    return {normalise(item.question) for item in items}


def test_the_same_seed_gives_the_same_items_and_more_only_add() -> None:
    assert draw("train", 50)[:20] == draw("train", 20)


def test_another_seed_gives_other_items() -> None:
    assert not keys_of(draw("train", 50)) & keys_of(draw("train", 50, seed=8))


def test_uses_never_meet() -> None:
    keys = {use: keys_of(draw(use, 300)) for use in USES}
    assert all(len(keys[use]) == 300 for use in USES)
    assert sum(len(k) for k in keys.values()) == len(set().union(*keys.values()))
    assert all(use_of(key) == use for use in USES for key in keys[use])


def test_streams_of_one_use_hold_other_items() -> None:
    corpus, sft = (keys_of(draw("train", 300, stream=stream)) for stream in ("corpus", "sft"))
    assert len(corpus & sft) < 10


def test_one_step_questions_repeat_in_no_use() -> None:
    assert len(keys_of(draw("train", 2000, max_steps=1))) == 2000


def read_equations(problem: Problem) -> list[tuple[int, str, int, int]]:
    found = [EQUATION.fullmatch(step) for step in problem.steps]
    return [(int(m[1]), m[2], int(m[3]), int(m[4])) for m in found if m]


def test_equations_hold_and_end_in_the_answer() -> None:
    for problem in draw_problems("preference", 600):
        equations = read_equations(problem)
        assert len(equations) == len(problem.steps)
        for left, operator, right, result in equations:
            assert {"+": left + right, "-": left - right, "*": left * right, "/": left / right}[operator] == result
            assert 2 <= result <= 100
        assert equations[-1][3] == problem.answer


def test_every_step_takes_numbers_of_the_question_or_results_before_it() -> None:
    for problem in draw_problems("train", 600):
        known = {int(number) for number in re.findall(r"\d+", problem.question)} | IN_WORDS
        for left, _, right, result in read_equations(problem):
            assert {left, right} <= known
            known.add(result)


def test_a_chain_states_the_numbers_in_the_order_of_their_use() -> None:
    for seed in range(300):
        rng = Random(seed)
        chain, scene = draw_chain(rng, 3, 100), rng.choice(SCENES)
        stated = re.findall(r"\d+", tell_scene(rng, scene, chain)[0])
        assert stated == [str(chain[0].left), *(str(step.right) for step in chain)]
        assert all(before.result == after.left for before, after in pairwise(chain))


def test_a_drill_is_solved_sums_or_numbers_said_again() -> None:
    drills = [WordProblems("sums", make_config(), 7).draw_drill(index) for index in range(200)]
    assert len(set(drills)) == 200 and not any(re.search(r"[a-z]", drill) for drill in drills)
    sums = [drill for drill in drills if "=" in drill]
    assert 0.5 < len(sums) / 200 < 0.7
    assert all(len(EQUATION.findall(drill)) >= 8 for drill in sums)
    for said in (re.findall(r"[^.]+", drill) for drill in drills if "=" not in drill):
        first, again, shuffled = (part.strip().split(", ") for part in said)
        assert first == again and sorted(first) == sorted(shuffled)


def test_the_number_of_steps_follows_its_weights() -> None:
    problems = draw_problems("train", 800, min_steps=2, max_steps=3, step_weights=[1.0, 3.0, 1.0, 9.0])
    lengths = [len(p.steps) for p in problems]
    assert set(lengths) == {2, 3}
    assert lengths.count(2) / 800 == pytest.approx(0.75, abs=0.06)


def test_all_uses_have_the_same_mixture_of_difficulties() -> None:
    means = [sum(len(p.steps) for p in draw_problems(use, 1500)) / 1500 for use in USES]
    assert max(means) - min(means) < 0.15


def test_language_is_varied_but_its_vocabulary_small() -> None:
    solved = [item.require_solution() for item in draw("train", 3000)]
    text = " ".join(f"{solution.question} {solution.cot}" for solution in solved)
    words = set(re.findall(r"[a-z]+", text.lower()))
    assert 500 <= len(words) <= 900
    assert "{" not in text


def test_a_question_stays_short() -> None:
    lengths = [len(p.question.split()) for p in draw_problems("train", 1000)]
    assert sum(lengths) / 1000 < 42
    assert max(lengths) <= 75


def test_largest_number_bounds_every_value() -> None:
    for seed in range(300):
        assert all(2 <= s.result <= 20 and s.left <= 20 for s in draw_chain(Random(seed), 4, 20))


def test_asking_for_more_than_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = draw_problem(make_config(), "train", 0)
    monkeypatch.setattr("components.tasks.word_problems.source.draw_problem", lambda *_: one)
    with pytest.raises(DataError, match="sums: 2 different questions are asked for, 1 exist"):
        draw("train", 2)


def test_solutions_are_judged_right_and_told_apart() -> None:
    for item in draw("prompts", 200):
        solution = item.require_solution()
        assert is_correct(solution.say(cot=True), item.gold) and has_cot(solution.say(cot=True))
        assert is_correct(solution.answer_only, item.gold) and not has_cot(solution.answer_only)
        assert not is_correct(solution.answer_only, str(int(item.gold) + 1))


def test_items_for_testing_are_shown_with_exemplars_from_training() -> None:
    source = WordProblems("sums", make_config(exemplar_max_steps=1), 7)
    task = source.make_task(40, exemplar_pool=8, shots=2)
    assert [item.question for item in task.items] == [item.question for item in source.draw_items("test", 40)]
    shown = {exemplar for item in task.items for exemplar in item.exemplars}
    assert len(shown) > 2
    assert {use_of(exemplar.question) for exemplar in shown} == {"train"}
    assert all(exemplar.say(cot=True).count(" = ") == 1 for exemplar in shown)
    assert all(len(set(item.exemplars)) == 2 for item in task.items)
