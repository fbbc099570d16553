"""Tokens of denoising objectives: one for each hidden span, and one for each mode of a mixture.

Names as in T5 (Raffel et al. 2020) and UL2 (Tay et al. 2022).
"""

from collections.abc import Mapping
from typing import NamedTuple

from transformers import PreTrainedTokenizerFast

MODES = {"R": "[NLU]", "S": "[S2S]", "X": "[NLG]"}
"""UL2's own names of regular, sequential and extreme denoising."""


class Sentinels(NamedTuple):
    """Token ids of the spans in order, and of the modes by their letter; both empty without denoising."""

    spans: tuple[int, ...]
    modes: Mapping[str, int]


def name_sentinels(count: int) -> list[str]:
    """All tokens that denoising with `count` sentinels needs; none at zero."""
    return [*(f"<extra_id_{i}>" for i in range(count)), *MODES.values()] if count else []


def add_sentinels(tokenizer: PreTrainedTokenizerFast, count: int) -> None:
    """Append what is absent behind the vocabulary, so that no other id changes."""
    known = tokenizer.get_vocab()
    new = [name for name in name_sentinels(count) if name not in known]
    if new:
        tokenizer.add_special_tokens({"additional_special_tokens": new}, replace_extra_special_tokens=False)


def find_sentinels(tokenizer: PreTrainedTokenizerFast) -> Sentinels:
    """Those that a tokenizer has."""
    known = tokenizer.get_vocab()
    spans: list[int] = []
    while (token := known.get(f"<extra_id_{len(spans)}>")) is not None:
        spans.append(token)
    return Sentinels(tuple(spans), {letter: known[name] for letter, name in MODES.items() if name in known})
