"""Prompting methods."""

import pytest
from pydantic import TypeAdapter

from components.base.errors import ParamsError
from components.base.validation import validate
from components.evaluate.config import MethodName
from components.evaluate.methods import METHODS
from components.evaluate.scores import COMPARISONS


def test_an_unknown_method_is_refused_with_all_that_there_are() -> None:
    with pytest.raises(ParamsError, match=r": not one of zero_shot, few_shot, .*self_consistency, got 'two_shot'$"):
        validate(MethodName, "two_shot", where="test")


def test_editors_are_told_all_methods() -> None:
    assert TypeAdapter(MethodName).json_schema()["enum"] == list(METHODS)


def test_what_is_compared_is_a_method_and_differs_in_one_thing() -> None:
    for first, second in COMPARISONS.values():
        differing = [name for name, value in vars(METHODS[first]).items() if value != getattr(METHODS[second], name)]
        assert len(differing) == 1
