"""Prompting methods: each is one entry of a table, and adding one is one line here."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """How a question is asked, and how often."""

    cot: bool
    """Asks for a chain of thought (Wei et al., arXiv 2201.11903; Kojima et al., arXiv 2205.11916)."""
    shots: bool = False
    """Shows solved questions first (Brown et al., arXiv 2005.14165)."""
    votes: bool = False
    """Samples several answers and takes the majority's (Wang et al., arXiv 2203.11171)."""


METHODS: Mapping[str, Method] = {
    "zero_shot": Method(cot=False),
    "few_shot": Method(cot=False, shots=True),
    "zero_shot_cot": Method(cot=True),
    "few_shot_cot": Method(cot=True, shots=True),
    "self_consistency": Method(cot=True, shots=True, votes=True),
}
