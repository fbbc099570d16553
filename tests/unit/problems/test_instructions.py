"""Problems as conversations."""

from random import Random

from components.base.config import SharedConfig, WordProblemsConfig
from components.problems.checker import is_worked
from components.problems.instructions import (
    DIRECT_SUFFIX,
    STEPS_SUFFIX,
    Conversation,
    InstructionStyle,
    make_conversations,
    phrase_instruction,
)

ALL: dict[InstructionStyle, float] = {"steps": 1.0, "direct": 1.0, "plain": 1.0}

SHARED = SharedConfig(seed=7, word_problems=WordProblemsConfig(min_steps=1, max_steps=4))


def answers(conversation: Conversation) -> list[bool]:
    return [is_worked(m["content"]) for m in conversation if m["role"] == "assistant"]


def test_the_suffixes_are_trained_phrasings() -> None:
    rng = Random(1)
    assert "Q?" + STEPS_SUFFIX in {phrase_instruction("Q?", "steps", rng) for _ in range(500)}
    assert "Q?" + DIRECT_SUFFIX in {phrase_instruction("Q?", "direct", rng) for _ in range(500)}


def test_each_style_has_many_phrasings_and_all_hold_the_question() -> None:
    rng = Random(1)
    for style in ALL:
        phrasings = {phrase_instruction("Q?", style, rng) for _ in range(500)}
        assert len(phrasings) >= 10
        assert all("Q?" in p for p in phrasings)


def test_steps_are_answered_worked_and_direct_at_once() -> None:
    styles: tuple[InstructionStyle, ...] = ("steps", "direct")
    for style in styles:
        made = make_conversations(
            SHARED, "train", 40, styles={style: 1.0}, plain_worked_share=0.5, max_turns=2, stream="sft"
        )
        assert all(worked == (style == "steps") for c in made for worked in answers(c))


def test_plain_is_answered_either_way() -> None:
    made = make_conversations(
        SHARED, "train", 200, styles={"plain": 1.0}, plain_worked_share=0.5, max_turns=1, stream="sft"
    )
    assert 70 < sum(answers(c)[0] for c in made) < 130


def test_turns_alternate_and_stay_within_the_limit() -> None:
    made = make_conversations(SHARED, "train", 100, styles=ALL, plain_worked_share=0.5, max_turns=3, stream="sft")
    assert {len(answers(c)) for c in made} == {1, 2, 3}
    assert all([m["role"] for m in c] == ["user", "assistant"] * (len(c) // 2) for c in made)


def test_more_than_half_of_long_conversations_answer_alike() -> None:
    made = make_conversations(SHARED, "train", 300, styles=ALL, plain_worked_share=0.5, max_turns=4, stream="sft")
    long = [answers(c) for c in made if len(answers(c)) == 4]
    alike = sum(len(set(a)) == 1 for a in long) / len(long)
    assert 0.45 < alike < 0.75


def test_conversations_are_reproducible() -> None:
    first, second = (
        make_conversations(SHARED, "train", 20, styles=ALL, plain_worked_share=0.5, max_turns=3, stream="sft")
        for _ in range(2)
    )
    assert first == second
