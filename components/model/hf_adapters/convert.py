"""All adapters, and models taken from one class to the other."""

from transformers import PreTrainedModel

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


def import_model(model: PreTrainedModel) -> PreTrainedModel | None:
    """The same model in our own classes; None for an architecture, or an option of it, that we do not have."""
    adapter = next((adapter for adapter in ADAPTERS if isinstance(model, adapter.model_class)), None)
    config = adapter.read(model.config) if adapter is not None else None
    if adapter is None or config is None:
        return None
    ours = OntogenyEncoderDecoderForConditionalGeneration if config.is_encoder_decoder else OntogenyDecoderForCausalLM
    own = ours._from_config(config, dtype=model.dtype)
    _fill(own, adapter.import_state(model.state_dict(), config))
    own.generation_config = model.generation_config
    return own.eval()


def import_scorer(model: PreTrainedModel) -> PreTrainedModel | None:
    """A reward model in our own classes; None for an architecture, or an option of it, that we do not have."""
    kind = model.config.model_type
    adapter = next((adapter for adapter in ADAPTERS if adapter.model_class.config_class.model_type == kind), None)
    config = adapter.read(model.config) if adapter is not None else None
    if adapter is None or config is None or config.is_encoder_decoder:
        return None
    config.num_labels = model.config.num_labels
    own = OntogenyDecoderForSequenceClassification._from_config(config, dtype=model.dtype)
    state = model.state_dict()
    _fill(own, {**adapter.import_state(state, config), "score.weight": state["score.weight"]})
    return own.eval()


def _fill(model: PreTrainedModel, state: State) -> None:
    """Load a whole state; a tied head follows its table."""
    missing, unexpected = model.load_state_dict(state, strict=False)
    tied = set(model.all_tied_weights_keys)
    left_out = [name for name in missing if name not in tied]
    if left_out or unexpected:
        raise KeyError(f"{type(model).__name__}: {[*left_out, *unexpected][:5]}")
