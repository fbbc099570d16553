"""All adapters, and models taken from one class to the other."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from transformers import PretrainedConfig, PreTrainedModel

from components.model.decoder import OntogenyDecoderForCausalLM, OntogenyDecoderForSequenceClassification
from components.model.encoder_decoder import OntogenyEncoderDecoderForConditionalGeneration
from components.model.families import OntogenyDecoderConfig
from components.model.hf_adapters.adapter import State, StateDictAdapter
from components.model.hf_adapters.bloom import BLOOM
from components.model.hf_adapters.gpt2 import GPT2
from components.model.hf_adapters.llama import LLAMA
from components.model.hf_adapters.mixtral import MIXTRAL
from components.model.hf_adapters.t5 import T5

ADAPTERS = (LLAMA, GPT2, BLOOM, MIXTRAL, T5)
READ_AS_OURS = ("bloom", "gpt2", "mixtral", "t5")
"""Saved in their own form, read back in ours: transformers' BLOOM takes neither packed texts nor masks of our engine,
its GPT-2 has layers of its own that INT8 does not know, its Mixtral keeps no router z-loss, its T5 another loss."""


def find_adapter(config: OntogenyDecoderConfig) -> StateDictAdapter | None:
    """The transformers architecture that a configuration is exactly, if there is one."""
    return next((adapter for adapter in ADAPTERS if adapter.matches(config)), None)


def export_model(model: PreTrainedModel) -> PreTrainedModel:
    """The same model as the transformers architecture that it exactly is; else the model itself."""
    adapter = find_adapter(model.config) if isinstance(model.config, OntogenyDecoderConfig) else None
    if adapter is None or not hasattr(model, "lm_head"):
        return model
    foreign = adapter.model_class._from_config(adapter.describe(model.config), dtype=model.dtype)
    _fill(foreign, adapter.export_state(model.state_dict(), model.config))
    foreign.generation_config = model.generation_config  # which tokens end an answer is no matter of architecture
    return foreign


class Translation(NamedTuple):
    """A model of another architecture as one of our own."""

    model_class: type[PreTrainedModel]
    config: OntogenyDecoderConfig
    translate: Callable[[State], State]
    """Takes a state, or whole layers of one, from their names to ours."""


def translate(config: PretrainedConfig, *, scorer: bool = False) -> Translation | None:
    """How a model, or with `scorer` a reward model, becomes one of ours; None for what we do not have."""
    adapter = next((a for a in ADAPTERS if a.model_class.config_class.model_type == config.model_type), None)
    own = adapter.read(config) if adapter is not None else None
    if adapter is None or own is None or (scorer and own.is_encoder_decoder):
        return None
    if not scorer:
        ours = OntogenyEncoderDecoderForConditionalGeneration if own.is_encoder_decoder else OntogenyDecoderForCausalLM
        return Translation(ours, own, lambda state: adapter.import_state(state, own))
    own.num_labels = config.num_labels
    return Translation(OntogenyDecoderForSequenceClassification, own, partial(_import_scorer, adapter, own))


def _import_scorer(adapter: StateDictAdapter, config: OntogenyDecoderConfig, state: State) -> State:
    head = {"score.weight": state["score.weight"]} if "score.weight" in state else {}
    return {**adapter.import_state(state, config), **head}


def import_model(model: PreTrainedModel) -> PreTrainedModel | None:
    """The same model in our own classes; None for an architecture, or an option of it, that we do not have."""
    own = _import(model, translate(model.config))
    if own is not None:
        own.generation_config = model.generation_config
    return own


def import_scorer(model: PreTrainedModel) -> PreTrainedModel | None:
    """A reward model in our own classes; None for an architecture, or an option of it, that we do not have."""
    return _import(model, translate(model.config, scorer=True))


def _import(model: PreTrainedModel, translation: Translation | None) -> PreTrainedModel | None:
    if translation is None:
        return None
    own = translation.model_class._from_config(translation.config, dtype=model.dtype)
    _fill(own, translation.translate(model.state_dict()))
    return own.eval()


def _fill(model: PreTrainedModel, state: State) -> None:
    """Load a whole state; a tied head follows its table."""
    missing, unexpected = model.load_state_dict(state, strict=False)
    tied = set(model.all_tied_weights_keys)
    left_out = [name for name in missing if name not in tied]
    if left_out or unexpected:
        raise KeyError(f"{type(model).__name__}: {[*left_out, *unexpected][:5]}")
