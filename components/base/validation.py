"""From plain data to a config, with an answer that names the path, the value and what is allowed."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from components.base.errors import ParamsError

LONGEST_VALUE = 60


def validate(type_: Any, value: Any, *, where: str) -> Any:
    """Build `type_` from plain data; raises ParamsError with one clause per mistake."""
    try:
        return TypeAdapter(type_).validate_python(value)
    except ValidationError as error:
        clauses = [_say(item) for item in error.errors(include_url=False)]
        raise ParamsError(f"{where}: " + "; ".join(clauses)) from None


def _say(item: Any) -> str:
    """One mistake in words; the tags of a discriminated union are no part of a user's path."""
    path = ".".join(str(part) for part in item["loc"]) or "(top)"
    message = item["msg"][0].lower() + item["msg"][1:]
    match item["type"]:
        case "extra_forbidden":
            return f"{path}: unknown parameter"
        case "missing":
            return f"{path}: missing"
        case "union_tag_invalid":
            context = item["ctx"]
            return f"{path}.kind: {context['tag']!r} is not one of {context['expected_tags']}"
        case "union_tag_not_found":
            return f"{path}.kind: missing"
        case _:
            shown = repr(item["input"])
            cut = shown if len(shown) <= LONGEST_VALUE else shown[:LONGEST_VALUE] + "…"
            return f"{path}: {message}, got {cut}"
