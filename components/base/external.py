"""Callables of the user's own, by the name that params give them."""

import importlib
from collections.abc import Callable
from typing import Any

from components.base.errors import ParamsError


def import_target(target: str, where: str) -> Callable[..., Any]:
    """What `package.module:function` names; raises ParamsError, in the name of the param `where`, if nothing."""
    module, _, attribute = target.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ParamsError(f"{where}: {target!r} cannot be imported ({error})") from None
    return found
