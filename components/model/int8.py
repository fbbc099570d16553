"""INT8 linear and embedding layers, and the folder format that keeps them.

Weights are symmetric per output channel, activations symmetric per token and measured on the fly, products
are exact 32-bit integers (Dettmers et al., "LLM.int8()", arXiv 2208.07339, eq. 3-4, without outlier columns).
Exact integer sums make every row's result independent of the rows it shares a batch with.

Shapes: N tokens (all leading dimensions together), I inputs, O outputs, V vocabulary, D width.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig, PreTrainedModel

from components.base.errors import ArtifactError
from components.base.files import read_json
from components.model.experts import Experts, dispatch
from components.model.feed_forward import activate
from components.model.registration import register_families

QUANT_METHOD = "ontogeny_int8"
WEIGHTS_FILE = "model.safetensors"
LARGEST = 127
SMALLEST_SCALE = 1e-12
FEW_ROWS = 16
CUDA_LEAST_ROWS = 32


def quantize_rows(x_NI: Tensor) -> tuple[Tensor, Tensor]:
    """Round each row to int8 in [-127, 127]; returns (int8 rows, fp32 scale of each row, [N, 1])."""
    x_NI = x_NI.float()
    # On CPU, abs and amax are ten times as fast as one infinity norm over the last dimension.
    scale_N1 = x_NI.abs().amax(dim=-1, keepdim=True).div_(LARGEST).clamp_(min=SMALLEST_SCALE)
    return (x_NI / scale_N1).round_().to(torch.int8), scale_N1


def multiply_int8(x_NI: Tensor, weight_OI: Tensor) -> Tensor:
    """Exact int32 product x @ weight.T, [N, O], contiguous."""
    rows = x_NI.shape[0]
    if x_NI.is_cuda and rows < CUDA_LEAST_ROWS:  # cuBLASLt takes no INT8 matrix of 16 rows or fewer
        padded = nn.functional.pad(x_NI, (0, 0, 0, CUDA_LEAST_ROWS - rows))
        return torch._int_mm(padded, weight_OI.t())[:rows]
    if rows <= FEW_ROWS:  # on CPU the large matrix streams about 1.6x faster as the left operand
        return torch._int_mm(weight_OI, x_NI.t()).t().contiguous()
    return torch._int_mm(x_NI, weight_OI.t())


class Int8Linear(nn.Module):
    """Linear layer with an int8 weight and one scale per output channel."""

    qweight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, qweight_OI: Tensor, scale_O: Tensor, bias_O: Tensor | None = None) -> None:
        super().__init__()
        self.out_features, self.in_features = qweight_OI.shape
        self.register_buffer("qweight", qweight_OI)
        self.register_buffer("scale", scale_O)
        self.register_buffer("bias", bias_O)

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., I] to [..., O] in the input's dtype."""
        y_NO = _multiply(x.reshape(-1, self.in_features), self.qweight, self.scale)
        if self.bias is not None:
            y_NO += self.bias
        return y_NO.to(x.dtype).view(*x.shape[:-1], self.out_features)


class Int8Experts(nn.Module):
    """All experts' weights as int8 tables with one scale per output channel of each expert."""

    up: Tensor
    up_scale: Tensor
    down: Tensor
    down_scale: Tensor

    def __init__(self, experts: Experts) -> None:
        super().__init__()
        self.activation = experts.activation
        for name in ("up", "down"):
            table, scale = quantize_rows(getattr(experts, name).detach())
            self.register_buffer(name, table)
            self.register_buffer(f"{name}_scale", scale.squeeze(-1))

    def forward(self, x_NC: Tensor, experts_Nk: Tensor, weights_Nk: Tensor) -> Tensor:
        """Sum over each token's experts, weighted, [N, C]."""

        def run(expert: int, x: Tensor) -> Tensor:
            inner = activate(_multiply(x, self.up[expert], self.up_scale[expert]), self.activation)
            return _multiply(inner, self.down[expert], self.down_scale[expert])

        return dispatch(x_NC, experts_Nk, weights_Nk, len(self.up), run)


@contextmanager
def unrounded_activations() -> Iterator[None]:
    """Let INT8 layers multiply activations as they are, for the block: their weights alone are rounded then.

    What a rounded activation becomes may turn on the last bit of a float, and a model of many layers makes much of it:
    two texts that should come out equal could not be told from two that should not.
    """
    _rounding.activations = False
    try:
        yield
    finally:
        _rounding.activations = True


class _Rounding(threading.local):
    activations = True


_rounding = _Rounding()


def _multiply(x_NI: Tensor, weight_OI: Tensor, scale_O: Tensor) -> Tensor:
    """Map [N, I] to [N, O] in float32, by integers inside."""
    if not _rounding.activations:
        return x_NI.float() @ (weight_OI.float() * scale_O[:, None]).t()
    rows_NI, scale_N1 = quantize_rows(x_NI)
    return multiply_int8(rows_NI, weight_OI).float().mul_(scale_N1).mul_(scale_O)


class Int8Embedding(nn.Module):
    """Embedding table with int8 rows and one scale per row."""

    qweight: Tensor
    scale: Tensor

    def __init__(self, qweight_VD: Tensor, scale_V: Tensor, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.dtype = dtype
        self.register_buffer("qweight", qweight_VD)
        self.register_buffer("scale", scale_V)

    def forward(self, ids: Tensor) -> Tensor:
        """Look up [...] ids, giving [..., D]."""
        return (self.qweight[ids] * self.scale[ids].unsqueeze(-1)).to(self.dtype)


def quantize_model(model: PreTrainedModel, *, embeddings: bool) -> PreTrainedModel:
    """Replace linear layers and tables of experts in place by their INT8 forms; returns the same model.

    The config is marked.
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
    model.config.quantization_config = {"quant_method": QUANT_METHOD, "embeddings": embeddings, "tied": tied}
    return model.eval()


def save_int8(model: PreTrainedModel, folder: Path) -> None:
    """Write config.json, generation_config.json and model.safetensors; tied tables are written once."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    if model.generation_config is not None:
        model.generation_config.save_pretrained(folder)
    save_file(_own_tensors(model), folder / WEIGHTS_FILE, metadata={"format": "pt"})


def is_int8_folder(folder: Path) -> bool:
    """Whether a model folder was written by `save_int8`."""
    quantization = read_json(folder / "config.json").get("quantization_config") or {}
    return bool(quantization.get("quant_method") == QUANT_METHOD)


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
    model.requires_grad_(False)
    if (folder / "generation_config.json").exists():
        model.generation_config = GenerationConfig.from_pretrained(folder)
    return model.eval()


def _quantize_linear(layer: nn.Linear) -> Int8Linear:
    qweight, scale = quantize_rows(layer.weight.detach())
    bias = None if layer.bias is None else layer.bias.detach().float()
    return Int8Linear(qweight, scale.squeeze(-1), bias)


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
