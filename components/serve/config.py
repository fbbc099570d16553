"""What the server offers, and how the stage tests it."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, PositiveInt
from components.tasks.config import Names


class LoadLevel(Config):
    """So many clients asking at once, until so many requests are answered."""

    clients: PositiveInt
    """Clients that ask at once."""
    requests: PositiveInt
    """Requests, all clients together."""


class ServeConfig(Config):
    """A Ray Serve application over one model folder, and the questions it is tried with."""

    kind: Literal["ray_serve"]
    model_name: Annotated[str, Field(pattern=r"^[\w.:/-]+$")]
    """Name of the model in the API."""
    max_slots: Annotated[PositiveInt, Field(description="requests decoded together")]
    max_waiting: Annotated[int, Field(ge=0, description="requests that may wait; one more is answered 429")]
    max_body_bytes: Annotated[PositiveInt, Field(description="a larger request is answered 413")]
    cache_bytes: PositiveInt
    """Keys and values: a request waits until it fits, and what prompts begin with is kept until its room is needed."""
    default_max_tokens: Annotated[PositiveInt, Field(description="for a request that names no max_tokens")]
    tasks: Names | None = None
    """Whose items for validation are asked, by name, in equal shares; null takes all that have some, and where none
    has, whatever items there are."""
    parity_questions: PositiveInt
    """Questions whose served answers must equal offline ones, token for token; fewer where the tasks have fewer."""
    max_tokens: Annotated[PositiveInt, Field(description="bound on each answer while the stage asks")]
    load: Annotated[tuple[LoadLevel, ...], Field(min_length=1, strict=False)]
    """Levels of load, each measured."""
