"""What a network takes of a worker's memory while it is trained, read or asked: arithmetic, without torch.

Sources: Rajbhandari et al. 2020 (ZeRO, section 3) for weights, gradients and optimiser; Korthikanti et al. 2022 for
activations, here counted for fused attention, which keeps no table of scores. Sizes are bytes.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from components.model.size import ModelSize
from components.optim.config import OptimizationConfig

Precision = Literal["bf16", "fp32"]
Parts = dict[str, float]
"""Bytes by what they are for."""
MASTER_BYTES = 4
"""Of a weight that is trained, and of its gradient."""
STATE_BYTES = {"adamw": 8.0, "adafactor": 0.1, "lion": 4.0, "muon": 4.0}
"""Of the optimiser for a weight; Muon's are for hidden matrices, its others are AdamW's."""
GATHERED_WHOLE = 4_000_000
"""Parameters up to which a network is one unit of FSDP."""
LOGIT_BYTES = 16
"""Of an entry of logits that a loss is taken of: itself and its logarithm in float32, their gradients, and bfloat16."""


class Training(NamedTuple):
    """How a network is trained on one worker."""

    workers: int
    precision: Precision
    optimization: OptimizationConfig
    tokens: int
    """Of one forward pass."""
    recompute: bool
    """Whether activations are made again for the gradients."""
    adapter_rank: int | None = None
    """Of low-rank adapters at every linear layer; None trains every weight."""
    frozen_bytes: int = 4
    """Of a weight under adapters."""
    logits: bool = False
    """Whether the loss is taken of whole logits."""


def count_training(size: ModelSize, how: Training) -> Parts:
    """Bytes of a network that is trained, by what they are for."""
    adapted = how.adapter_rank is not None
    trained = count_adapter(size, how.adapter_rank) if how.adapter_rank is not None else size.parameters
    frozen = size.parameters * how.frozen_bytes if adapted else 0
    embeddings = 0 if adapted else size.vocabulary * size.width
    kind = how.optimization.optimizer.kind
    state = STATE_BYTES[kind] * (trained - embeddings) + (8.0 if kind == "muon" else STATE_BYTES[kind]) * embeddings
    return {
        "weights": (frozen + trained * MASTER_BYTES) / how.workers,
        "gradients": trained * MASTER_BYTES / how.workers,
        "optimizer": state / how.workers,
        "gathered weights": count_gathered(size, how.precision) * (1 if adapted else 2),
        "activations": count_activations(size, how.tokens, how.precision, recompute=how.recompute),
        "logits": LOGIT_BYTES * how.tokens * size.vocabulary if how.logits else 0.0,
    }


def count_adapter(size: ModelSize, rank: int) -> int:
    """Parameters of low-rank adapters at every linear layer of every block."""
    matrices = 3 if size.gated else 2
    edges = 2 * (size.width + size.query_width) + 2 * (size.width + size.key_width)
    return size.layers * rank * (edges + matrices * (size.width + size.inner_width))


def count_gathered(size: ModelSize, precision: Precision) -> float:
    """Bytes of the weights that are whole at one time: all of a small network, of others two layers and the table."""
    layer = (size.parameters - size.vocabulary * size.width) / size.layers
    unit = size.parameters if size.parameters <= GATHERED_WHOLE else size.vocabulary * size.width + 2 * layer
    return unit * (2 if precision == "bf16" else MASTER_BYTES)


def count_activations(size: ModelSize, tokens: int, precision: Precision, *, recompute: bool) -> float:
    """Bytes that the forward pass keeps for the backward one.

    A block keeps what its norms, projections and activation read. Made again, a block keeps its input alone, and one
    block at a time all the rest.
    """
    forward = (4 if size.gated else 8) * size.inner_width
    kept = 6 * size.width + 3 * size.query_width + 3 * size.key_width + forward
    entry = 3.0 if precision == "bf16" else 4.0  # the residual stream and what norms read stay in float32
    blocks = size.width * size.layers + kept if recompute else kept * size.layers
    return entry * tokens * blocks


def count_cache(size: ModelSize, texts: int, tokens: int, *, bound: float, entry_bytes: int) -> float:
    """Bytes of keys and values of texts that run together, as many as the bound holds."""
    return min(bound, float(texts * tokens * 2 * size.layers * size.key_width * entry_bytes))


def sum_parts(parts: Mapping[str, float]) -> float:
    """Bytes in all."""
    return sum(parts.values())
