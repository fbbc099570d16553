"""A model folder's model before it has its weights: built empty, cut up or adapted, and filled where it then stands.

So no process ever holds a whole model of which it is to hold a share.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from accelerate import init_empty_weights
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from components.base.errors import ArtifactError
from components.model.config import Dtype
from components.model.hf_adapters.convert import READ_AS_OURS, Translation, import_model, import_scorer, translate
from components.model.int8 import is_int8_folder
from components.model.registration import register_families
from components.parallel.fsdp import copy_share
from components.runtime.folder import (
    attach_generation_config,
    join_tokenizer,
    load_model,
    load_reward_model,
    require_folder,
)
from components.runtime.weight_files import State, WeightFiles
from components.text.tokenizer import load_tokenizer

Place = tuple[nn.Module, str]
"""A module, and the name of one of its own parameters or buffers: both outlive sharding and adapters."""


class Outline:
    """A model, and what its weights are to be. `fill` it once it is where it will stay."""

    def __init__(self, model: PreTrainedModel, places: dict[str, list[Place]], files: "_Files | None") -> None:
        self.model = model
        """On the meta device, but for its buffers; or as it is, where its weights can only be read whole."""
        self._places, self._files = places, files

    @classmethod
    def whole(cls, model: PreTrainedModel) -> "Outline":
        """A model that has its weights already."""
        return cls(model, {}, None)

    def fill(self) -> None:
        """Give every parameter this process's share of its weights. Each process reads the files by itself."""
        if self._files is None:
            return
        for state in self._files.weights.read_layers():
            for name, tensor in self._files.translate(state).items():
                for module, attribute in self._places.get(name, ()):
                    copy_share(getattr(module, attribute), tensor)


class _Files(NamedTuple):
    weights: WeightFiles
    translate: Callable[[State], State]
    """From the names in the files to those of the model."""


def outline_folder(folder: Path, dtype: Dtype, *, ours: bool) -> tuple[Outline, PreTrainedTokenizerFast]:
    """A language model that is to be trained or read in parts, with its tokenizer, as `load_folder` reads it.

    `ours` asks for our own class where we have the architecture. Raises ArtifactError for what cannot be read.
    """
    outline = outline_language_model(folder, dtype, ours=ours)
    tokenizer = load_tokenizer(folder)
    join_tokenizer(outline.model, tokenizer, folder)
    return outline, tokenizer


def outline_reward_model(folder: Path, dtype: Dtype) -> Outline:
    """A scalar reward model in our own class where we have its architecture."""
    config = _read_config(folder)
    found = _outline(folder, config, AutoModelForSequenceClassification, dtype, translate(config, scorer=True))
    if found is not None:
        return found
    whole = load_reward_model(folder, dtype).cpu()
    return Outline.whole(import_scorer(whole) or whole)


def outline_scorer(base: Path, dtype: Dtype) -> Outline | None:
    """A language model's body under a scalar head, which is in no file; None if it can only be read whole."""
    config = _read_config(base)
    config.num_labels = 1
    return _outline(base, config, AutoModelForSequenceClassification, dtype, None, fresh=("score.weight",))


def outline_language_model(folder: Path, dtype: Dtype, *, ours: bool) -> Outline:
    """The same, whatever its tokenizer."""
    config = _read_config(folder)
    found = None
    if not is_int8_folder(folder):
        own = translate(config) if ours or config.model_type in READ_AS_OURS else None
        auto = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        found = _outline(folder, config, auto, dtype, own)
    if found is not None:
        attach_generation_config(found.model, folder)
        return found
    whole = load_model(folder, dtype).cpu()
    return Outline.whole((import_model(whole) if ours else None) or whole)


def _outline(
    folder: Path, config: PretrainedConfig, auto: type, dtype: Dtype, own: Translation | None, fresh: Sequence[str] = ()
) -> Outline | None:
    """None where the files do not hold the very tensors that the class has: the library may know how to mend that."""
    weights = WeightFiles(folder)
    if not weights.outline:
        return None
    exact = _find_dtype(config, dtype, weights.outline)
    with init_empty_weights(include_buffers=False):
        if own is not None:
            model: PreTrainedModel = own.model_class._from_config(own.config, dtype=exact)
        else:
            model = auto.from_config(config, dtype=exact)  # type: ignore[attr-defined]
    model.tie_weights()
    files = _Files(weights, own.translate if own is not None else _name_as(model, weights.outline))
    places = _find_places(model)
    held = files.translate(weights.outline)
    asked = {name: tensor.shape for name, tensor in model.state_dict().items() if name not in fresh}
    tied = model.all_tied_weights_keys
    missing = [name for name in asked if name not in held and tied.get(name) not in held]
    if missing or any(name in asked and tensor.shape != asked[name] for name, tensor in held.items()):
        return None
    return Outline(model.eval(), places, files)


def _read_config(folder: Path) -> PretrainedConfig:
    require_folder(folder)
    register_families()
    try:
        return AutoConfig.from_pretrained(folder)
    except Exception as error:  # each configuration class of the library checks itself in its own way
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ArtifactError(f"{folder}: the model cannot be read: {reason}") from None


def _find_dtype(config: PretrainedConfig, dtype: Dtype, held: State) -> torch.dtype:
    match dtype:
        case "own":
            named: torch.dtype | None = config.dtype
            return named or next(tensor.dtype for tensor in held.values() if tensor.is_floating_point())
        case "float32":
            return torch.float32
        case "bfloat16":
            return torch.bfloat16


def _find_places(model: PreTrainedModel) -> dict[str, list[Place]]:
    """Where the tensor of each name belongs; of weights that are tied, each name stands for all."""
    modules = dict(model.named_modules())
    places = {
        name: [(modules[name.rpartition(".")[0]], name.rpartition(".")[2])] for name in model.state_dict(keep_vars=True)
    }
    for target, source in model.all_tied_weights_keys.items():
        if target in places and source in places:
            places[target] = places[source] = list(dict.fromkeys([*places[source], *places[target]]))
    return places


def _name_as(model: PreTrainedModel, held: State) -> Callable[[State], State]:
    """Files of a body alone lack the prefix that a model with a head has, and the other way round."""
    asked, prefix = set(model.state_dict()), f"{model.base_model_prefix}."
    names = {
        name: next((n for n in (name, prefix + name, name.removeprefix(prefix)) if n in asked), name) for name in held
    }
    return lambda state: {names[name]: tensor for name, tensor in state.items()}
