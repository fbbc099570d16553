"""A sharded model written as a model folder, gathered a few layers at a time: no worker ever holds it whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from accelerate import init_empty_weights
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast
from transformers.core_model_loading import revert_weight_conversion

from components.base.errors import DivergenceError
from components.base.files import write_json
from components.model.capabilities import PromptForm
from components.model.families import OntogenyDecoderConfig
from components.model.hf_adapters.adapter import StateDictAdapter
from components.model.hf_adapters.convert import find_adapter
from components.parallel.fsdp import find_whole, reshard
from components.parallel.mesh import Mesh
from components.runtime.divergence import are_weights_finite
from components.runtime.folder import stamp_tokenizer
from components.runtime.weight_files import INDEX, SINGLE, State, group_by_layer
from components.text.tokenizer import save_tokenizer

FILE_BYTES = 1 << 31
"""Weights of one file, at most, unless a layer has more; what rank 0 holds of the whole model at a time."""


def save_sharded(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    mesh: Mesh,
    *,
    form: PromptForm = "chat",
    file_bytes: int = FILE_BYTES,
) -> None:
    """Write what `save_model` writes, of a model whose parameters lie on all workers: a collective.

    A model inside of a sharded one must have been resharded with it, or it is still in what it was multiplied in.
    The first worker writes. Raises DivergenceError, on every worker, for weights that are not finite.
    """
    strange = torch.tensor(float(not are_weights_finite(model)), device=next(model.parameters()).device)
    if mesh.find_largest(strange):
        raise DivergenceError(f"{folder}: the model's weights hold NaN or infinity, so it is not written")
    reshard(model)
    target = _describe(model, tokenizer, form)
    files = list(_plan_files(model, file_bytes))
    places: dict[str, str] = {}
    total = 0
    for number, names in enumerate(files, start=1):
        state = {name: _gather(tensor, mesh) for name, tensor in _hold(model).items() if name in names}
        if not mesh.is_first:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        file = SINGLE if len(files) == 1 else f"model-{number:05d}-of-{len(files):05d}.safetensors"
        written = target.export(state, model.config)
        save_file({name: tensor.clone() for name, tensor in written.items()}, folder / file, {"format": "pt"})
        places |= dict.fromkeys(written, file)
        total += sum(tensor.numel() * tensor.element_size() for tensor in written.values())
    if mesh.is_first:
        if len(files) > 1:
            write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": places})
        target.shell.config.save_pretrained(folder)
        if model.can_generate():
            model.generation_config.save_pretrained(folder)
        save_tokenizer(tokenizer, folder)


class _Target(NamedTuple):
    """The form in which a model is written: a transformers architecture's, where it is exactly one."""

    shell: PreTrainedModel
    """A model of that form; it need not have weights."""
    adapter: StateDictAdapter | None

    def export(self, state: State, config: PreTrainedConfig) -> State:
        """Tensors under the names of that form, from those of the model."""
        written = state if self.adapter is None else self.adapter.export_state(state, config)
        found: State = revert_weight_conversion(self.shell, written)  # files keep the names that they always had
        return found


def _describe(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, form: PromptForm) -> _Target:
    stamp_tokenizer(model, tokenizer)
    model.config.prompt_form = form
    own = isinstance(model.config, OntogenyDecoderConfig) and hasattr(model, "lm_head")
    adapter = find_adapter(model.config) if own else None
    if adapter is None:
        shell = model
    else:
        with init_empty_weights(include_buffers=False):
            shell = adapter.model_class._from_config(adapter.describe(model.config), dtype=model.dtype)
    shell.config.dtype = str(model.dtype).removeprefix("torch.")
    # FSDP puts a class of its own over the model's.
    shell.config.architectures = [shell.__class__.__name__.removeprefix("FSDP")]
    return _Target(shell, adapter)


def _hold(model: nn.Module) -> State:
    """What a file is to hold: one name for weights that are tied."""
    state: State = model.state_dict(keep_vars=True)
    tied = {
        target
        for target, source in getattr(model, "all_tied_weights_keys", {}).items()
        if target in state and state[target] is state.get(source)
    }
    return {name: tensor for name, tensor in state.items() if name not in tied}


def _plan_files(model: nn.Module, file_bytes: int) -> Iterator[set[str]]:
    """Names of whole layers, as many as go into one file."""
    state, names, size = _hold(model), set[str](), 0
    for group in group_by_layer(state).values():
        more = sum(state[name].numel() * state[name].element_size() for name in group)
        if names and size + more > file_bytes:
            yield names
            names, size = set(), 0
        names, size = names | set(group), size + more
    yield names


@torch.no_grad()
def _gather(tensor: Tensor, mesh: Mesh) -> Tensor:
    """The whole of a parameter on the first worker's CPU, and nothing of it elsewhere."""
    whole = find_whole(tensor)
    return whole.detach().cpu() if mesh.is_first else whole.new_empty(0)
