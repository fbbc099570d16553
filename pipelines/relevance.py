"""Which params count only beside a certain choice, and so change nothing now."""

from pathlib import Path
from typing import Any

from components.base.config import Config
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.report.run_record import look_up

FILE = Path(__file__).with_suffix(".yaml")


class Relevance(Config):
    """Params that count only while a choice has one of some values."""

    params: list[str]
    """Their paths."""
    choice: str
    """Path of the choice."""
    values: list[str]
    """What it must be."""


def read_relevance() -> list[Relevance]:
    """All such rules."""
    rules: list[Relevance] = validate(list[Relevance], read_yaml(FILE), where=FILE.name)
    return rules


def find_rules(path: str) -> list[Relevance]:
    """The rules that a param stands under."""
    return [rule for rule in read_relevance() if path in rule.params]


def list_inert(params: dict[str, Any]) -> list[str]:
    """Paths in these params whose value changes nothing, in the order of the rules."""
    inert: list[str] = []
    for rule in read_relevance():
        if rule.choice in inert or look_up(params, rule.choice) not in rule.values:
            inert += [path for path in rule.params if look_up(params, path) is not None and path not in inert]
    return inert
