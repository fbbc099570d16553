"""Instructions in all styles."""

from random import Random
from typing import get_args

from components.tasks.phrasing import ANSWER_ONLY_SUFFIX, COT_SUFFIX, Style, phrase_instruction


def test_the_suffixes_are_trained_phrasings() -> None:
    rng = Random(1)
    assert "Q?" + COT_SUFFIX in {phrase_instruction("Q?", "cot", rng) for _ in range(500)}
    assert "Q?" + ANSWER_ONLY_SUFFIX in {phrase_instruction("Q?", "answer_only", rng) for _ in range(500)}


def test_each_style_has_many_phrasings_and_all_hold_the_question() -> None:
    rng = Random(1)
    for style in get_args(Style):
        phrasings = {phrase_instruction("Q?", style, rng) for _ in range(500)}
        assert len(phrasings) >= 10
        assert all("Q?" in p for p in phrasings)
