"""The one base of every config class, and the config of a stage that is swapped for another."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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


def keep_own_options(*kinds: type[Config]) -> BeforeValidator:
    """Let options of kinds that are not chosen stay in params.yaml: what only another kind has is passed over.

    For a union that is told apart by `kind`; a name that none of them has is refused as ever.
    """

    def keep(value: Any) -> Any:
        chosen = [kind for kind in kinds if isinstance(value, dict) and value.get("kind") in list_names(kind)]
        if not chosen:
            return value  # an object already, or a mistake that the union names
        others = {name for kind in kinds for name in kind.model_fields} - set(chosen[0].model_fields)
        return {name: option for name, option in value.items() if name not in others}

    return BeforeValidator(keep)


def list_names(kind: type[Config]) -> tuple[str, ...]:
    """What `kind` may say in params.yaml for this class to be meant."""
    return get_args(kind.model_fields["kind"].annotation)
