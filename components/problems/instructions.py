"""Problems as conversations: instructions that ask for steps, for the bare answer, or leave it free."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Literal

from components.base.config import SharedConfig
from components.base.rng import derive_seed
from components.problems.formats import render_direct, render_worked
from components.problems.generator import Problem, generate_problems
from components.problems.partition import Use

InstructionStyle = Literal["steps", "direct", "plain"]
Conversation = list[dict[str, str]]

STEPS_SUFFIX = " Think step by step."
DIRECT_SUFFIX = " Give only the answer."
"""The two fixed phrasings that evaluation uses; both are among the trained ones."""

CONSISTENT_SHARE = 0.5
"""Conversations whose turns are all answered alike, so that few-shot prompts look familiar."""

_PHRASINGS: dict[InstructionStyle, tuple[str, ...]] = {
    "steps": (
        "{q}" + STEPS_SUFFIX,
        "{q} Let's think step by step.",
        "{q} Show your work.",
        "{q} Show each step.",
        "{q} Work it out step by step.",
        "{q} Explain how you find the answer.",
        "{q} Write all the steps.",
        "{q} Solve it one step at a time.",
        "Think step by step. {q}",
        "Solve this step by step. {q}",
        "Show your work. {q}",
        "Explain each step. {q}",
        "Work out the problem step by step: {q}",
        "Write each step and then the answer. {q}",
    ),
    "direct": (
        "{q}" + DIRECT_SUFFIX,
        "{q} Just give the answer.",
        "{q} Answer with the number only.",
        "{q} Say only the answer.",
        "{q} Answer at once.",
        "{q} Do not show your work.",
        "{q} Only the answer, please.",
        "{q} No steps, only the answer.",
        "Give only the answer. {q}",
        "Just the answer, please: {q}",
        "Answer at once. {q}",
        "Do not show any steps. {q}",
        "Say only the number. {q}",
        "Without steps, give the answer: {q}",
    ),
    "plain": (
        "{q}",
        "{q}",
        "{q}",
        "{q} Please help.",
        "{q} What is the answer?",
        "Please solve this problem. {q}",
        "Here is a problem: {q}",
        "Can you solve this? {q}",
        "Help me with this problem: {q}",
        "Solve: {q}",
        "I have a question. {q}",
        "Question: {q}",
        "Next problem: {q}",
        "Answer this question: {q}",
    ),
}


def phrase_instruction(question: str, style: InstructionStyle, rng: Random) -> str:
    """A user's turn that poses the question in one of the style's phrasings."""
    return rng.choice(_PHRASINGS[style]).replace("{q}", question)


def make_conversations(
    shared: SharedConfig,
    use: Use,
    count: int,
    *,
    stream: str,
    styles: Mapping[InstructionStyle, float],
    plain_worked_share: float,
    max_turns: int,
) -> list[Conversation]:
    """`count` conversations of 1 to `max_turns` problems each, every problem used at most once."""
    rng = Random(derive_seed(shared.seed, "conversations", use, stream))
    turns = [rng.randint(1, max_turns) for _ in range(count)]
    problems = iter(generate_problems(shared, use, sum(turns), stream=stream))
    return [_converse(problems, n, styles, plain_worked_share, rng) for n in turns]


def _converse(
    problems: Iterator[Problem],
    turns: int,
    styles: Mapping[InstructionStyle, float],
    plain_worked_share: float,
    rng: Random,
) -> Conversation:
    """One conversation; half of them keep the first turn's way of answering to the end."""
    consistent = rng.random() < CONSISTENT_SHARE
    kept: bool | None = None
    messages: Conversation = []
    for _ in range(turns):
        problem = next(problems)
        style, worked = _draw_style(styles, kept, plain_worked_share, rng)
        kept = worked if consistent else None
        answer = render_worked(problem) if worked else render_direct(problem)
        messages.append({"role": "user", "content": phrase_instruction(problem.question, style, rng)})
        messages.append({"role": "assistant", "content": answer})
    return messages


def _draw_style(
    styles: Mapping[InstructionStyle, float], kept: bool | None, plain_worked_share: float, rng: Random
) -> tuple[InstructionStyle, bool]:
    """A style and whether it is answered with steps; `kept` is the way of answering to stay with."""
    fitting = {style: weight for style, weight in styles.items() if _fits(style, kept)}
    style = rng.choices(list(fitting), list(fitting.values()))[0]
    if style != "plain":
        return style, style == "steps"
    return style, rng.random() < plain_worked_share if kept is None else kept


def _fits(style: InstructionStyle, kept: bool | None) -> bool:
    return kept is None or style == "plain" or (style == "steps") == kept
