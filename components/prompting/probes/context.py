"""How much better a model predicts late in its context than early: the in-context learning score.

Source: Olsson et al. 2022 (arXiv 2209.11895), loss of the 500th token minus loss of the 50th; here at the same shares
of the context that a model has, over some neighbouring places. Shapes: R rows, T positions.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from components.scoring.logprobs import score_targets

EARLY, LATE = 50 / 512, 500 / 512
"""Shares of the context at which the paper looks."""
BATCH_ROWS = 16


class Gain(NamedTuple):
    """Mean nats late minus mean nats early, negative where context helps, with its standard error over rows."""

    early: float
    late: float
    difference: float
    error: float


@torch.no_grad()
def measure_losses(model: Any, ids_RT: Tensor) -> Tensor:
    """Nats of each token but the first under a decoder that reads each row from its beginning: [R, T - 1], float64."""
    parts = []
    for ids_BT in torch.split(ids_RT, BATCH_ROWS):
        batch_BT = ids_BT.to(model.device)
        parts.append(-score_targets(model, {"input_ids": batch_BT[:, :-1]}, batch_BT[:, 1:]).double().cpu())
    return torch.cat(parts)


def compare_places(losses_RT: Tensor, window: int) -> Gain:
    """Early beside late: `window` targets from 50/512 of the row on, and as many up to 500/512 of it.

    Raises ValueError for rows that do not hold both without touching.
    """
    length = losses_RT.shape[1]
    first, last = int(EARLY * length), int(LATE * length)
    if last - window < first + window:
        raise ValueError(f"rows of {length} targets hold no two windows of {window}")
    early_R = losses_RT[:, first : first + window].mean(dim=1)
    late_R = losses_RT[:, last - window : last].mean(dim=1)
    differences_R = (late_R - early_R).numpy()
    error = float(np.std(differences_R, ddof=1) / len(differences_R) ** 0.5) if len(differences_R) > 1 else 0.0
    return Gain(float(early_R.mean()), float(late_R.mean()), float(differences_R.mean()), error)
