"""Low-rank adapters: how they get into a model, switching them off, and what is saved of them.

Shapes: B rows, T positions, V vocabulary.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.errors import GateError
from components.model.merging import find_tolerance, measure_gap, read_logits, untie_targets
from components.parallel.fsdp import gather_trained
from components.parallel.mesh import Mesh
from components.runtime.folder import load_model, save_model
from components.text.tokenizer import save_tokenizer


def describe_adapter(
    *, rank: int, alpha: float, dropout: float, target_modules: list[str] | str, task_type: str = "CAUSAL_LM"
) -> LoraConfig:
    """The adapter in peft's words; a scalar model ("SEQ_CLS") has its head trained besides."""
    return LoraConfig(
        task_type=task_type, r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=target_modules
    )


def add_adapter(model: PreTrainedModel, described: LoraConfig, seed: int) -> PeftModel:
    """The model under a fresh adapter in float32, which does nothing yet; all other weights are frozen."""
    untie_targets(model, described.target_modules or [])
    with torch.random.fork_rng(devices=[]):
        adapted = get_peft_model(model, described)
        torch.manual_seed(seed)
        for layer in adapted.modules():
            if isinstance(layer, BaseTunerLayer):
                _draw(layer)
    return adapted


def _draw(layer: BaseTunerLayer) -> None:
    """An adapter's weights, also where those of its layer are still to be read."""
    for name in layer.adapter_layer_names:
        part = getattr(layer, name)
        if isinstance(part, nn.Module) and any(weight.is_meta for weight in part.parameters()):
            part.to_empty(device="cpu")
    layer.reset_lora_parameters("default", init_lora_weights=True)


def collect_adapted(network: PeftModel, mesh: Mesh, rebuild: Callable[[], PeftModel]) -> PeftModel | None:
    """The whole of an adapted model on the first worker, None on others: a collective.

    Where its weights are sharded, `rebuild` reads the base anew; what was trained comes from all workers.
    """
    if not any(isinstance(parameter, DTensor) for parameter in network.parameters()):
        return network
    trained = gather_trained(network)
    if not mesh.is_first:
        return None
    whole = rebuild()
    whole.load_state_dict(trained, strict=False)
    return whole


@contextmanager
def adapter_off(model: nn.Module) -> Iterator[None]:
    """While the block runs, the model is its base.

    peft's own switch would freeze the adapters for a while, which weights that are sharded do not all come to know.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, BaseTunerLayer)]
    for layer in layers:
        layer._disable_adapters = True
    try:
        yield
    finally:
        for layer in layers:
            layer._disable_adapters = False


def save_adapted(
    stage: str, model: Any, tokenizer: PreTrainedTokenizerFast, base: Path, out: Path, *, probe: Mapping[str, Tensor]
) -> None:
    """Write the adapter to `out/adapter`, naming its base by a relative path, and the merged model to `out/model`.

    Raises GateError when the merged model answers `probe`, a model's inputs, otherwise than the adapted one.
    """
    model.peft_config["default"].base_model_name_or_path = os.path.relpath(base, out / "adapter")
    model.save_pretrained(str(out / "adapter"), save_embedding_layers=False)
    save_tokenizer(tokenizer, out / "adapter")
    adapted_BTV = read_logits(model, probe)
    merged = model.merge_and_unload()
    tolerance = find_tolerance(merged)
    save_model(merged, tokenizer, out / "model")
    gap = measure_gap(adapted_BTV, read_logits(load_model(out / "model", "own"), probe))
    if not gap <= tolerance:
        raise GateError(
            f"{stage}: the merged model is not the adapter's: logits differ by {gap:.2g} of the largest one "
            f"({tolerance:g} is floating-point order): choose other target_modules"
        )
