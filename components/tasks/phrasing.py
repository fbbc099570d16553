"""How a question is put to a chat model: in words that ask for steps, for the bare answer, or leave it free."""

from collections.abc import Mapping
from random import Random
from typing import Literal

from components.tasks.templates import render

Style = Literal["cot", "answer_only", "unconstrained"]
Phrasings = Mapping[Style, tuple[str, ...]]
"""By style, templates over `question`; one that stands there twice is drawn twice as often."""


def phrase_instruction(question: str, style: Style, phrasings: Phrasings, rng: Random) -> str:
    """A user's turn that poses the question in one of the style's phrasings."""
    return render(rng.choice(phrasings[style]), {"question": question}, "phrasings")
