"""A model's INT8 form, and the folder format that keeps it.

Weights are symmetric per output channel, activations symmetric per token and measured on the fly, products
are exact 32-bit integers (Dettmers et al., "LLM.int8()", arXiv 2208.07339, eq. 3-4, without outlier columns).
Exact integer sums make every row's result independent of the rows it shares a batch with.
"""

from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig, PreTrainedModel

from components.base.errors import ArtifactError
from components.base.files import read_json
from components.model.experts import Experts
from components.model.int8_layers import Int8Embedding, Int8Experts, Int8Linear, Siblings
from components.model.int8_products import quantize_rows
from components.model.registration import register_families

QUANT_METHOD = "ontogeny_int8"
WEIGHTS_FILE = "model.safetensors"
SIBLINGS = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))
"""Names under which families keep linear layers of one parent that read the same input."""


def quantize_model(model: PreTrainedModel, *, embeddings: bool) -> PreTrainedModel:
    """Replace linear layers and tables of experts in place by their INT8 forms; returns the same model.

    The config is marked. What is not rounded is in float32, as what INT8 layers give is: in another dtype, masks and
    norms would not fit it.
    With `embeddings`, the token embedding and the output head are INT8 too (one shared table if tied);
    without, both stay as they are.
    """
    head = model.get_output_embeddings()
    tied = head is not None and bool(model.config.tie_word_embeddings)
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and module is not head:
            model.set_submodule(name, _quantize_linear(module))
        elif isinstance(module, Experts):
            model.set_submodule(name, Int8Experts(module))
    if embeddings:
        _quantize_ends(model, tied)
    _join_siblings(model)
    model.float()
    model.config.dtype = torch.float32
    model.config.quantization_config = {"quant_method": QUANT_METHOD, "embeddings": embeddings, "tied": tied}
    return model.eval()


def save_int8(model: PreTrainedModel, folder: Path) -> None:
    """Write config.json, generation_config.json and model.safetensors; tied tables are written once."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    if model.generation_config is not None:
        model.generation_config.save_pretrained(folder)
    save_file(_own_tensors(model), folder / WEIGHTS_FILE, metadata={"format": "pt"})


def is_int8(model: PreTrainedModel) -> bool:
    """Whether a model is in the form that `quantize_model` makes."""
    return _names_int8(getattr(model.config, "quantization_config", None))


def is_int8_folder(folder: Path) -> bool:
    """Whether a model folder was written by `save_int8`."""
    return _names_int8(read_json(folder / "config.json").get("quantization_config"))


def load_int8(folder: Path) -> PreTrainedModel:
    """Read a folder written by `save_int8`, equal to the bit; raises ArtifactError when it does not fit."""
    register_families()
    config = AutoConfig.from_pretrained(folder)
    quantization: dict[str, Any] = config.quantization_config
    del config.quantization_config
    with init_empty_weights(include_buffers=False):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        model = quantize_model(model, embeddings=quantization["embeddings"])
    try:
        tensors = load_file(folder / WEIGHTS_FILE)
    except Exception as error:  # safetensors raises its own type for a truncated header, OSError for the rest
        raise ArtifactError(f"{folder / WEIGHTS_FILE}: cannot be read ({error})") from None
    _assign(model, tensors, folder)
    model.float().requires_grad_(False)
    if (folder / "generation_config.json").exists():
        model.generation_config = GenerationConfig.from_pretrained(folder)
    return model.eval()


def _names_int8(quantization: object) -> bool:
    return isinstance(quantization, dict) and quantization.get("quant_method") == QUANT_METHOD


def _quantize_linear(layer: nn.Linear) -> Int8Linear:
    qweight, scale = quantize_rows(layer.weight.detach())
    bias = None if layer.bias is None else layer.bias.detach().float()
    return Int8Linear(qweight, scale.squeeze(-1), bias)


def _join_siblings(model: PreTrainedModel) -> None:
    for module in model.modules():
        for names in SIBLINGS:
            layers = [layer for name in names if isinstance(layer := getattr(module, name, None), Int8Linear)]
            if len(layers) == len(names) and len({layer.in_features for layer in layers}) == 1:
                Siblings(layers)


def _quantize_ends(model: PreTrainedModel, tied: bool) -> None:
    """The two ends of the network: embedding in, head out."""
    table, head = model.get_input_embeddings(), model.get_output_embeddings()
    qweight, scale = quantize_rows(table.weight.detach())
    embedding = Int8Embedding(qweight, scale.squeeze(-1), table.weight.dtype)
    new_head = Int8Linear(embedding.qweight, embedding.scale) if tied else _quantize_linear(head)
    model.set_input_embeddings(embedding)
    model.set_output_embeddings(new_head)


def _own_tensors(model: PreTrainedModel) -> dict[str, Tensor]:
    """The state without second names of one tensor (a tied head)."""
    seen: set[tuple[int, torch.Size]] = set()
    own = {}
    for name, tensor in model.state_dict().items():
        key = (tensor.data_ptr(), tensor.shape)
        if key not in seen:
            seen.add(key)
            own[name] = tensor.contiguous()
    return own


def _assign(model: PreTrainedModel, tensors: dict[str, Tensor], folder: Path) -> None:
    """Put stored tensors in place of the empty ones, then tie the head again."""
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    for name, tensor in tensors.items():
        if expected.get(name) != tensor.shape:
            raise ArtifactError(f"{folder}: tensor {name} {list(tensor.shape)} does not fit the model in config.json")
    model.load_state_dict(tensors, strict=False, assign=True)
    if model.config.quantization_config["tied"]:
        _tie(model)
    missing = [name for name, tensor in model.state_dict().items() if tensor.is_meta]
    if missing:
        raise ArtifactError(f"{folder}: tensor {missing[0]} is missing from {WEIGHTS_FILE}")


def _tie(model: PreTrainedModel) -> None:
    table, head = model.get_input_embeddings(), model.get_output_embeddings()
    if isinstance(table, Int8Embedding):
        head.qweight, head.scale = table.qweight, table.scale
    else:
        head.weight = table.weight
