"""The one base of every config class, and the config of a stage that is swapped for another."""

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
