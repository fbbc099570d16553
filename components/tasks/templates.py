"""Templates of task pages: Jinja2 over a row's fields, sandboxed and strict."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isnan
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateRuntimeError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from components.base.errors import DataError


def _refuse_nothing(value: Any) -> Any:
    """A field without a value would be asked, or wanted as an answer, as the word "None"."""
    if value is None or (isinstance(value, float) and isnan(value)):
        raise TemplateRuntimeError("the field is null")
    return value


# Sandboxed: a task file may come from anywhere, and must not run code. Strict: a misspelt field is an error.
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, finalize=_refuse_nothing
)

_ONE_FIELD = re.compile(r"\{\{ (\w+) \}\}")
# Ansible's name for it: drops what a template should not say, such as the calculator's marks in GSM8K.
_ENVIRONMENT.filters["regex_replace"] = lambda text, pattern, new="": re.sub(pattern, new, text)


def render(template: str, fields: Mapping[str, Any], where: str) -> str:
    """Fill a sandboxed template; raises DataError that names where it failed and why."""
    if "{" not in template:
        return template
    if (only := _ONE_FIELD.fullmatch(template)) and isinstance(found := fields.get(only[1]), str):
        return found  # half of a page's templates; Jinja would take a hundred times as long over the same
    try:
        return _compile(template).render(fields)
    except TemplateError as error:
        raise DataError(f"{where}: template {template!r}: {error}") from None
    except (TypeError, ValueError, ArithmeticError, IndexError, re.error) as error:
        raise DataError(f"{where}: template {template!r} does not fit the row ({error})") from None


@lru_cache(maxsize=512)
def _compile(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)


def evaluate_list(expression: str, fields: Mapping[str, Any], where: str) -> list[str]:
    """The texts of the list that a sandboxed expression gives; raises DataError where it gives none."""
    try:
        found = _compile_expression(expression)(**fields)
        options = None if isinstance(found, str) else [str(_refuse_nothing(option)) for option in found]
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise DataError(f"{where}: expression {expression!r}: {error}") from None
    if options is None:
        raise DataError(f"{where}: expression {expression!r} gives no list of options ({found[:60]!r})")
    return options


@lru_cache(maxsize=64)
def _compile_expression(expression: str) -> Callable[..., Any]:
    return _ENVIRONMENT.compile_expression(expression, undefined_to_none=False)


def find_expression_fields(expression: str) -> set[str]:
    """The fields of a row that an expression reads."""
    return find_fields("{{ " + expression + " }}")


def find_fields(template: str) -> set[str]:
    """The fields of a row that a template reads."""
    try:
        return find_undeclared_variables(_ENVIRONMENT.parse(template))
    except TemplateError:  # for whoever renders it to say, with the row
        return set()
