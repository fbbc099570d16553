"""Data that are made up, as corpora and probes of what was learned of them must agree on."""

from typing import Annotated

from pydantic import Field

from components.base.config import Config


class LabelledWordsConfig(Config):
    """Sequences of made-up words, each with its label: what a word is called stays, so it can be learned by heart, or
    read off where the word has stood before."""

    classes: Annotated[int, Field(ge=8)]
    """Words that have a label of their own; all labels are given alike often."""
    labels: Annotated[int, Field(ge=2)]
    """Different labels."""
    pairs: Annotated[int, Field(ge=8)] = 8
    """Words before the last one, each with its label."""
    repeats: Annotated[int, Field(ge=1, le=4)] = 3
    """Times that the last word, and one other, stand before it in a bursty sequence."""
