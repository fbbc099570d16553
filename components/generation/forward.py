"""How logits are made for running requests: all rows in one forward over a shared cache, or each by itself.

Shapes: B rows in one forward, R rows that get a token, V vocabulary.
"""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from components.generation.blocks import Ints
from components.generation.rows import Rows


class Forward(Protocol):
    """Makes logits, and keeps what it needs to go on."""

    def count_unread(self, prompt_ids: Sequence[int]) -> int:
        """Tokens of a prompt that would have to be read."""

    def prefill(self, rows: Rows, rows_R: Ints) -> Tensor:
        """Logits [R, V] after the prompts of new rows."""

    def decode(self, rows: Rows, count: int) -> Tensor:
        """Logits [B, V] after the last token of the first `count` rows; those of empty rows mean nothing."""

    def release(self, rows_R: Ints) -> None:
        """Forget rows."""

    def move(self, source: Ints, target: Ints) -> None:
        """Rows have moved into empty ones."""

    @property
    def reserved_bytes(self) -> int:
        """Memory held for what was read so far."""
