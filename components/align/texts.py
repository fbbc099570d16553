"""Prompts with their responses as the networks read them, in forward passes of alike lengths.

Shapes: B sequences, T tokens, A response tokens. Action a of a row is the choice of response token a, whatever the
length of its prompt; rows are padded on the right. What a tool wrote into a response is read, and was not chosen.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

FORWARD_SEQUENCES = 16
"""Sequences of one forward pass, at most. They are of neighbouring lengths, so little of it is padding."""


class Texts(NamedTuple):
    """Token ids, the number of tokens of each prompt, and 1.0 where a row has a response token, or has chosen it."""

    ids_BT: Tensor
    prompt_B: Tensor
    mask_BA: Tensor
    chosen_BA: Tensor

    @property
    def lengths_B(self) -> Tensor:
        """Tokens of each row that are no padding."""
        return self.prompt_B + self.mask_BA.sum(1).long()

    @property
    def places_BA(self) -> Tensor:
        """Position from which each response token is predicted; the last one again where a row has no more."""
        offsets_A = torch.arange(self.mask_BA.shape[1], device=self.ids_BT.device)
        return (self.prompt_B[:, None] - 1 + offsets_A).clamp(max=self.ids_BT.shape[1] - 1)

    @property
    def targets_BA(self) -> Tensor:
        """The response tokens themselves."""
        return self.ids_BT.gather(1, (self.places_BA + 1).clamp(max=self.ids_BT.shape[1] - 1))

    @property
    def prefix_BT(self) -> Tensor:
        """True on the prompt: what a prefix decoder reads in both directions."""
        return torch.arange(self.ids_BT.shape[1], device=self.ids_BT.device) < self.prompt_B[:, None]

    def select(self, rows: Tensor) -> "Texts":
        """Some of the rows, cut to the longest among them."""
        mask_BA, width = self.mask_BA[rows], int(self.lengths_B[rows].max())
        actions = int(mask_BA.sum(1).max())
        return Texts(
            self.ids_BT[rows, :width], self.prompt_B[rows], mask_BA[:, :actions], self.chosen_BA[rows, :actions]
        )


def split_by_length(lengths_B: Tensor, sequences: int) -> list[Tensor]:
    """Indices of the rows of each forward pass of so many sequences, shortest first.

    Equally many passes for equally many rows: under FSDP every worker must make as many as the others.
    """
    return list(torch.split(torch.argsort(lengths_B, stable=True), sequences))


@torch.no_grad()
def read_in_parts(read: Callable[[Texts], Tensor], texts: Texts, sequences: int) -> Tensor:
    """What `read` says of every text, [B], or of every response token, [B, A, ...]; zero beyond a response."""
    found: Tensor | None = None
    for rows in split_by_length(texts.lengths_B, sequences):
        part = read(texts.select(rows))
        if found is None:
            whole = texts.prompt_B.shape if part.dim() == 1 else (*texts.mask_BA.shape, *part.shape[2:])
            found = part.new_zeros(whole)
        if part.dim() == 1:
            found[rows] = part
        else:
            inside = texts.mask_BA[rows, : part.shape[1]].bool()
            found[rows, : part.shape[1]] = torch.where(inside.view(*inside.shape, *[1] * (part.dim() - 2)), part, 0.0)
    assert found is not None
    return found
