"""How demonstrations are arranged."""

from typing import Literal

NearnessOrder = Literal["as_selected", "random", "nearest_first", "nearest_last"]
