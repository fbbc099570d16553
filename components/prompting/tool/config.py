"""What a model may call while it answers."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config


class NoTool(Config):
    """Nothing."""

    kind: Literal["none"]


Tool = Annotated[NoTool, Field(description="What may be called.")]
