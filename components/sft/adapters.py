"""Low-rank adapters: where they may sit, and that merging them changes nothing.

Shapes: B rows, T positions, V vocabulary.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from components.base.errors import GateError, ParamsError
from components.sft.config import LoraSftConfig, SftConfig

ADAPTABLE = (nn.Linear, nn.Embedding, Conv1D)
PROBE_ROWS = 2
MERGE_TOLERANCE = 1e-3
"""Largest difference of logits, relative to the largest logit, that floating-point order may make."""


def require_targets(cfg: SftConfig, model: PreTrainedModel) -> None:
    """Raises ParamsError for a target that is no layer of the model, or one on which no adapter can be trained."""
    if not isinstance(cfg, LoraSftConfig) or cfg.target_modules == "all-linear":
        return
    layers = dict(model.named_modules())
    head = model.get_output_embeddings()
    for target in cfg.target_modules:
        if any(layers[name] is head for name in _find_layers(model, target)):
            raise ParamsError(
                f"sft.target_modules: {target!r} is the output head, which TRL multiplies with by itself: an adapter "
                "there would never be trained; leave it out"
            )
        found = [layers[name] for name in _find_layers(model, target)]
        wrong = next((layer for layer in found if not isinstance(layer, ADAPTABLE)), None)
        if not found or wrong is not None:
            reason = "no layer of the model" if wrong is None else f"a {type(wrong).__name__}, which takes no adapter"
            known = sorted({name.rpartition(".")[2] for name, m in layers.items() if isinstance(m, ADAPTABLE)})
            raise ParamsError(f"sft.target_modules: {target!r} is {reason}; these do: {', '.join(known)}")


def untie_adapted_embeddings(cfg: LoraSftConfig, model: PreTrainedModel) -> None:
    """Give the head weights of its own where an adapter sits on a matrix that embedding and head share.

    Merged into the shared matrix, what was learned for one of them would change the other, too.
    """
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    if cfg.target_modules == "all-linear" or head is None or embedding.weight is not head.weight:
        return
    names = {name for target in cfg.target_modules for name in _find_layers(model, target)}
    if names & {name for name, module in model.named_modules() if module is embedding}:
        head.weight = nn.Parameter(embedding.weight.detach().clone())
        model.config.tie_word_embeddings = False


def _find_layers(model: PreTrainedModel, target: str) -> list[str]:
    """Names of the layers that peft would adapt for a target: its own name, or the last part of a longer one."""
    return [name for name, _ in model.named_modules() if name == target or name.endswith(f".{target}")]


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


def require_equal_logits(adapted_BTV: Tensor, merged_BTV: Tensor) -> None:
    """Raises GateError when the merged model, as it was written, does not say what the adapter learned to say."""
    gap = float((adapted_BTV - merged_BTV).abs().max() / adapted_BTV.abs().max().clamp_min(1.0))
    if not gap <= MERGE_TOLERANCE:
        raise GateError(
            f"sft: the merged model is not the adapter's: logits differ by {gap:.2g} of the largest one "
            f"({MERGE_TOLERANCE:g} is floating-point order): choose other target_modules"
        )
