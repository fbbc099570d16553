"""The stories that a word problem may be told as."""

import string

import pytest

from components.tasks.word_problems import language
from components.tasks.word_problems.arithmetic import OPENING_OPERATORS, OPERATOR_WEIGHTS
from components.tasks.word_problems.possessions import MONEY, THINGS
from components.tasks.word_problems.quantities import ROPES
from components.tasks.word_problems.scene import Scene
from components.tasks.word_problems.scenes import SCENES

PLACEHOLDERS = set("NnSsopPiFfGgHabcwdruv") | {"cs"}
PLAIN = PLACEHOLDERS - {"a", "b"}


def fields(frame: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(frame) if name is not None}


@pytest.mark.parametrize("scene", SCENES)
def test_every_operator_has_a_sentence_in_every_story(scene: Scene) -> None:
    assert set(scene.events) == set(OPERATOR_WEIGHTS)
    assert set(scene.openings) >= set(OPENING_OPERATORS)
    assert scene.starts and scene.questions and scene.subjects and scene.items


@pytest.mark.parametrize("scene", SCENES)
def test_each_sentence_names_its_numbers_and_no_unknown_word(scene: Scene) -> None:
    for frame in scene.starts:
        assert "a" in fields(frame) <= PLACEHOLDERS
    for frame in (frame for frames in scene.openings.values() for frame in frames):
        assert {"a", "b"} <= fields(frame) <= PLACEHOLDERS
    for frame in (frame for told in (scene.events, scene.shifts) for frames in told.values() for frame in frames):
        assert "b" in fields(frame) <= PLACEHOLDERS - {"a"}
    for frame in scene.questions:
        assert fields(frame) <= PLAIN


def test_things_and_money_are_told_most() -> None:
    assert THINGS.weight + MONEY.weight > sum(scene.weight for scene in SCENES) / 2
    assert ROPES.weight < THINGS.weight


def test_each_person_has_a_name_of_its_own() -> None:
    names = [subject.name for subject in language.PEOPLE]
    assert len(names) == len(set(names))
    assert {subject.at_start[0].isupper() for subject in language.PEOPLE} == {True}
