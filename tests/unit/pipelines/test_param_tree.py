"""The tree of params has the shape that the config classes give it."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, PositiveInt
from pipelines.param_tree import Param, read_param_tree


class Round(Config):
    """A ball."""

    kind: Literal["round"]
    radius: PositiveInt
    """In millimetres."""


class Square(Config):
    """A box."""

    kind: Literal["square"]
    sides: Annotated[list[float], Field(min_length=1)]
    """In millimetres."""


class Thing(Config):
    """What there is."""

    form: Annotated[Round | Square, Field(discriminator="kind")]
    """Its form."""
    colours: list[Literal["red", "blue"]] | None = None
    """Null is none."""
    parts: list[Round] = Field(default_factory=list)
    """What it is made of."""


def child(name: str) -> Param:
    (only,) = read_param_tree(Thing).variants
    return next(param for param in only.params if param.name == name)


def test_a_union_has_a_variant_for_each_kind_and_the_kind_itself_is_no_param() -> None:
    form = child("form")
    assert [variant.kinds for variant in form.variants] == [("round",), ("square",)]
    assert [variant.sentence for variant in form.variants] == ["A ball.", "A box."]
    assert [param.name for variant in form.variants for param in variant.params] == ["radius", "sides"]


def test_types_bounds_and_defaults_are_told() -> None:
    assert child("form").variants[0].params[0].type == "integer ≥ 1"
    assert child("form").variants[1].params[0].type == "list of number (not empty)"
    colours = child("colours")
    assert (colours.type, colours.default, colours.sentence) == ("list of red | blue or null", "null", "Null is none.")
    assert child("form").default == "required"


def test_a_list_of_records_opens_into_what_stands_in_it() -> None:
    assert [variant.params[-1].name for variant in child("parts").variants] == ["radius"]
