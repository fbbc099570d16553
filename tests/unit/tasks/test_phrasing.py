"""Instructions in all styles."""

from random import Random
from typing import get_args

from components.tasks.phrasing import Phrasings, Style, phrase_instruction
from components.tasks.templates import render
from components.tasks.word_problems.phrasings import CHAT, PHRASINGS


def phrase(style: Style, phrasings: Phrasings = PHRASINGS) -> set[str]:
    rng = Random(1)
    return {phrase_instruction("Q?", style, phrasings, rng) for _ in range(500)}


def test_the_phrasings_of_evaluation_are_trained_ones() -> None:
    assert render(CHAT.cot, {"question": "Q?"}, "") in phrase("cot")
    assert render(CHAT.answer_only, {"question": "Q?"}, "") in phrase("answer_only")


def test_each_style_has_many_phrasings_and_all_hold_the_question() -> None:
    for style in get_args(Style):
        assert len(phrase(style)) >= 10
        assert all("Q?" in said for said in phrase(style))


def test_a_question_that_looks_like_a_template_is_said_as_it_is() -> None:
    said = phrase_instruction("What is {{ x }}?", "cot", {"cot": ("{{ question }} Think.",)}, Random(0))
    assert said == "What is {{ x }}? Think."
