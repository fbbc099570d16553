"""All forms, and models taken from one to the other."""

from transformers import PreTrainedModel

from components.model.decoder import OntogenyDecoderForCausalLM, OntogenyDecoderForSequenceClassification
from components.model.encoder_decoder import OntogenyEncoderDecoderForConditionalGeneration
from components.model.exchange.bloom import BLOOM
from components.model.exchange.form import Form, State
from components.model.exchange.gpt2 import GPT2
from components.model.exchange.llama import LLAMA
from components.model.exchange.mixtral import MIXTRAL
from components.model.exchange.t5 import T5
from components.model.families import OntogenyDecoderConfig

FORMS = (LLAMA, GPT2, BLOOM, MIXTRAL, T5)
READ_AS_OURS = ("bloom", "gpt2", "mixtral", "t5")
"""Saved in their own form, read back in ours: transformers' BLOOM takes neither packed texts nor masks of our engine,
its GPT-2 has layers of its own that INT8 does not know, its Mixtral keeps no router z-loss, its T5 another loss."""


def find_form(config: OntogenyDecoderConfig) -> Form | None:
    """The transformers architecture that a configuration is exactly, if there is one."""
    return next((form for form in FORMS if form.fits(config)), None)


def export_model(model: PreTrainedModel) -> PreTrainedModel:
    """The same model as the transformers architecture that it exactly is; else the model itself."""
    form = find_form(model.config) if isinstance(model.config, OntogenyDecoderConfig) else None
    if form is None or not hasattr(model, "lm_head"):
        return model
    foreign = form.model_class._from_config(form.describe(model.config), dtype=model.dtype)
    _fill(foreign, form.export_state(model.state_dict(), model.config))
    foreign.generation_config = model.generation_config  # which tokens end an answer is no matter of architecture
    return foreign


def import_model(model: PreTrainedModel) -> PreTrainedModel | None:
    """The same model in our own classes; None for an architecture, or an option of it, that we do not have."""
    form = next((form for form in FORMS if isinstance(model, form.model_class)), None)
    config = form.read(model.config) if form is not None else None
    if form is None or config is None:
        return None
    ours = OntogenyEncoderDecoderForConditionalGeneration if config.is_encoder_decoder else OntogenyDecoderForCausalLM
    own = ours._from_config(config, dtype=model.dtype)
    _fill(own, form.import_state(model.state_dict(), config))
    own.generation_config = model.generation_config
    return own.eval()


def import_scorer(model: PreTrainedModel) -> PreTrainedModel | None:
    """A reward model in our own classes; None for an architecture, or an option of it, that we do not have."""
    kind = model.config.model_type
    form = next((form for form in FORMS if form.model_class.config_class.model_type == kind), None)
    config = form.read(model.config) if form is not None else None
    if form is None or config is None or config.is_encoder_decoder:
        return None
    config.num_labels = model.config.num_labels
    own = OntogenyDecoderForSequenceClassification._from_config(config, dtype=model.dtype)
    state = model.state_dict()
    _fill(own, {**form.import_state(state, config), "score.weight": state["score.weight"]})
    return own.eval()


def _fill(model: PreTrainedModel, state: State) -> None:
    """Load a whole state; a tied head follows its table."""
    missing, unexpected = model.load_state_dict(state, strict=False)
    tied = set(model.all_tied_weights_keys)
    left_out = [name for name in missing if name not in tied]
    if left_out or unexpected:
        raise KeyError(f"{type(model).__name__}: {[*left_out, *unexpected][:5]}")
