"""Instructions that ask for steps, for the bare answer, or leave it free."""

from random import Random
from typing import Literal

Style = Literal["cot", "answer_only", "unconstrained"]

COT_SUFFIX = " Think step by step."
ANSWER_ONLY_SUFFIX = " Give only the answer."
"""The two fixed phrasings that evaluation uses; both are among the trained ones."""

_PHRASINGS: dict[Style, tuple[str, ...]] = {
    "cot": (
        "{q}" + COT_SUFFIX,
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
    "answer_only": (
        "{q}" + ANSWER_ONLY_SUFFIX,
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
    "unconstrained": (
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


def phrase_instruction(question: str, style: Style, rng: Random) -> str:
    """A user's turn that poses the question in one of the style's phrasings."""
    return rng.choice(_PHRASINGS[style]).replace("{q}", question)
