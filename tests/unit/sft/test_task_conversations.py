"""Items of the run's tasks as conversations."""

from functools import partial

from components.sft.task_conversations import Turns
from components.sft.task_conversations import make_conversations as converse
from components.tasks.config import SharedConfig, WordProblemsConfig
from components.tasks.phrasing import Style
from components.tasks.score import has_cot

ALL: dict[Style, float] = {"cot": 1.0, "answer_only": 1.0, "unconstrained": 1.0}
PROBLEMS = WordProblemsConfig(kind="word_problems", min_steps=1, max_steps=4)
SHARED = SharedConfig(seed=7, tasks={"word_problems": PROBLEMS})


make_conversations = partial(converse, stream="sft", tasks=None, demonstrations=0)


def answers(conversation: Turns) -> list[bool]:
    return [has_cot(m["content"]) for m in conversation if m["role"] == "assistant"]


def test_cot_is_answered_with_steps_and_answer_only_without() -> None:
    styles: tuple[Style, ...] = ("cot", "answer_only")
    for style in styles:
        made = make_conversations(SHARED, "train", 40, styles={style: 1.0}, unconstrained_cot_rate=0.5, max_turns=2)
        assert all(cot == (style == "cot") for c in made for cot in answers(c))


def test_unconstrained_is_answered_either_way() -> None:
    made = make_conversations(
        SHARED,
        "train",
        200,
        styles={"unconstrained": 1.0},
        unconstrained_cot_rate=0.5,
        max_turns=1,
        stream="sft",
        tasks=None,
    )
    assert 70 < sum(answers(c)[0] for c in made) < 130


def test_turns_alternate_and_stay_within_the_limit() -> None:
    made = make_conversations(SHARED, "train", 100, styles=ALL, unconstrained_cot_rate=0.5, max_turns=3)
    assert {len(answers(c)) for c in made} == {1, 2, 3}
    assert all([m["role"] for m in c] == ["user", "assistant"] * (len(c) // 2) for c in made)


def test_more_than_half_of_long_conversations_answer_alike() -> None:
    made = make_conversations(SHARED, "train", 300, styles=ALL, unconstrained_cot_rate=0.5, max_turns=4)
    long = [answers(c) for c in made if len(answers(c)) == 4]
    alike = sum(len(set(a)) == 1 for a in long) / len(long)
    assert 0.45 < alike < 0.75


def test_conversations_are_reproducible() -> None:
    first, second = (
        make_conversations(SHARED, "train", 20, styles=ALL, unconstrained_cot_rate=0.5, max_turns=3) for _ in range(2)
    )
    assert list(first) == list(second)
