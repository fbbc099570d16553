"""What a question may be used for: a pure function of its text, so that uses cannot meet."""

import re
from itertools import accumulate
from typing import Literal

from components.base.rng import draw_uniform

Use = Literal["train", "preference", "prompts", "validation", "test"]

SHARES: dict[Use, int] = {"train": 9, "preference": 2, "prompts": 2, "validation": 1, "test": 2}
_NOISE = re.compile(r"[^a-z0-9]+")
_BOUNDS = [bound / sum(SHARES.values()) for bound in accumulate(SHARES.values())]


def normalise(text: str) -> str:
    """Lower case, words and numbers only: what makes two questions the same question."""
    return _NOISE.sub(" ", text.lower()).strip()


def use_of(question: str) -> Use:
    """The only use that this question is ever put to."""
    drawn = draw_uniform("use", normalise(question))
    return next(use for use, bound in zip(SHARES, _BOUNDS, strict=True) if drawn < bound)
