"""Merging a low-rank adapter into its base must change nothing.

Shapes: B rows, T positions, V vocabulary.
"""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

MERGE_TOLERANCE = 1e-3
"""Largest difference of logits, relative to the largest logit, that floating-point order may make."""
MERGE_TOLERANCE_ROUNDED = 5e-2
"""The same where weights have fewer than 16 significant bits, so that each is rounded once more by merging."""
ALL_LINEAR = "all-linear"


def find_targets(model: PreTrainedModel, targets: Sequence[str] | str) -> list[str]:
    """Names of the layers that peft adapts: by name or its last part; text is a pattern of whole names."""
    names = [name for name, _ in model.named_modules()]
    if isinstance(targets, str):
        return [name for name in names if re.fullmatch(targets, name)]
    return [name for name in names if any(name == target or name.endswith(f".{target}") for target in targets)]


def untie_targets(model: PreTrainedModel, targets: Sequence[str] | str) -> None:
    """Give the head weights of its own where an adapter sits on a matrix that embedding and head share.

    Merged into the shared matrix, what was learned for one of them would change the other, too.
    """
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    if targets == ALL_LINEAR or head is None or embedding.weight is not head.weight:
        return
    shared = {name for name, module in model.named_modules() if module is embedding or module is head}
    if shared & set(find_targets(model, targets)):
        head.weight = nn.Parameter(embedding.weight.detach().clone())
        model.config.tie_word_embeddings = False


@torch.no_grad()
def read_logits(model: PreTrainedModel, inputs: Mapping[str, Tensor]) -> Tensor:
    """Logits [B, T, V] of a few rows, in float32 on the CPU."""
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    found = model(**{name: tensor.to(device) for name, tensor in inputs.items()}, use_cache=False)
    model.train(was_training)
    logits_BTV: Tensor = found.logits.float().cpu()
    return logits_BTV


def find_tolerance(model: PreTrainedModel) -> float:
    """The largest gap that merging into a model of its dtype may make."""
    return MERGE_TOLERANCE if model.dtype in (torch.float32, torch.float64) else MERGE_TOLERANCE_ROUNDED


def measure_gap(adapted_BTV: Tensor, merged_BTV: Tensor) -> float:
    """Largest difference of logits, relative to the largest logit; above the tolerance they are two models."""
    return float((adapted_BTV - merged_BTV).abs().max() / adapted_BTV.abs().max().clamp_min(1.0))
