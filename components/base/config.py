"""The one base of every config class, and the two configs that every stage knows."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

PositiveInt = Annotated[int, Field(ge=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0.0)]
NonNegativeFloat = Annotated[float, Field(ge=0.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Config(BaseModel):
    """A frozen, strict record: an unknown key or a value of another type is refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class ExternalConfig(Config):
    """A whole stage swapped for a callable that has the stage's own signature."""

    kind: Literal["external"]
    target: Annotated[str, Field(pattern=r"^[\w.]+:\w+$", description="package.module:function")]
    options: dict[str, Any] = {}
    """Whatever the callable wants to be told."""


class WordProblemsConfig(Config):
    """The language of the generated word problems; the run's seed is its seed."""

    min_steps: Annotated[int, Field(ge=1, le=4)]
    max_steps: Annotated[int, Field(ge=1, le=4)]
    step_weights: Annotated[list[PositiveFloat], Field(min_length=4, max_length=4)] = [0.1, 0.3, 0.35, 0.25]
    """How often a problem has 1, 2, 3, 4 steps."""
    largest_number: Annotated[int, Field(ge=20, le=1000)] = 100


class SharedConfig(Config):
    """Facts on which every stage must agree."""

    seed: NonNegativeInt
    """What every random draw of a run is derived from."""
    word_problems: WordProblemsConfig
