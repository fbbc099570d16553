"""What changes the logits of one request before its token is chosen.

Shapes: V vocabulary.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

import torch
from torch import Tensor

LogitsProcessor = Callable[[Tensor, Sequence[int]], Tensor]
"""Maps a place's logits [V], float32, and the tokens of the answer so far to new logits [V]; it must not write into
what it is given. Log-probabilities are told under the new ones."""


def add_bias(bias: Mapping[int, float]) -> LogitsProcessor:
    """Raise or lower single tokens by so many nats."""
    ids, values = list(bias), list(bias.values())

    def process(logits_V: Tensor, _: Sequence[int]) -> Tensor:
        where = torch.tensor(ids, device=logits_V.device)
        return logits_V.index_add(0, where, torch.tensor(values, dtype=logits_V.dtype, device=logits_V.device))

    return process


def allow_only(choose: Callable[[Sequence[int]], Collection[int]]) -> LogitsProcessor:
    """Leave only the tokens that `choose` names for the answer so far: a grammar, a schema, a set of choices."""

    def process(logits_V: Tensor, token_ids: Sequence[int]) -> Tensor:
        allowed = torch.tensor(sorted(choose(token_ids)), device=logits_V.device)
        return torch.full_like(logits_V, float("-inf")).index_copy(0, allowed, logits_V[allowed])

    return process
