"""Callables by the name that params give them."""

import math

import pytest

from components.base.errors import ParamsError
from components.base.external import import_target


def test_a_callable_is_found_by_its_name() -> None:
    assert import_target("math:sqrt", "somewhere") is math.sqrt


@pytest.mark.parametrize("target", ["no_such_module:f", "math:no_such_function"])
def test_what_is_not_there_is_refused_in_the_params_name(target: str) -> None:
    with pytest.raises(ParamsError, match=rf"shared\.tasks\.mine\.target: '{target}' cannot be imported"):
        import_target(target, "shared.tasks.mine.target")
