"""What a question may be used for: a pure function of its text, so that uses cannot meet."""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal, get_args

from components.base.rng import draw_uniform

Use = Literal["train", "preference", "prompts", "validation", "test"]
USES: tuple[Use, ...] = get_args(Use)
NAMES: dict[Use, str] = {
    "train": "training",
    "preference": "preferences",
    "prompts": "prompts",
    "validation": "validation",
    "test": "testing",
}
"""Of each use, what its items are for."""

SHARES: dict[Use, int] = {"train": 9, "preference": 2, "prompts": 2, "validation": 1, "test": 2}
_NOISE = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Lower case, words and numbers only: what makes two questions the same question."""
    return _NOISE.sub(" ", text.lower()).strip()


def use_of(question: str, uses: Sequence[Use] = USES) -> Use:
    """The only use, of these, that this question is ever put to."""
    shares = {use: SHARES[use] for use in SHARES if use in uses}
    drawn = draw_uniform("use", normalise(question)) * sum(shares.values())
    return next(use for use, bound in zip(shares, accumulate(shares.values()), strict=True) if drawn < bound)
