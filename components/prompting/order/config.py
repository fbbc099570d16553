"""How demonstrations are arranged."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config

NearnessOrder = Literal["as_selected", "random", "nearest_first", "nearest_last"]


class PlainOrder(Config):
    """As they were chosen, at random, or the nearest by TF-IDF first or last."""

    kind: NearnessOrder


Order = Annotated[PlainOrder, Field(description="One way to arrange demonstrations.")]
