"""A model with fresh random weights, of any architecture that params.yaml can name."""

from typing import Any, NamedTuple, assert_never

import torch
from accelerate import init_empty_weights
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from components.base.errors import ParamsError
from components.model.config import AnyModelConfig, ModelConfig, TransformersModelConfig
from components.model.decoder import OntogenyDecoderForCausalLM
from components.model.encoder_decoder import OntogenyEncoderDecoderForConditionalGeneration
from components.model.families import describe_model
from components.model.pretrained import OntogenyPreTrainedModel
from components.model.registration import register_families


class Vocabulary(NamedTuple):
    """What a model must know of its tokenizer."""

    size: int
    pad_token_id: int
    eos_token_id: int


def build_model(cfg: AnyModelConfig, vocabulary: Vocabulary, seed: int) -> PreTrainedModel:
    """Random weights in float32, the same for the same seed on every machine of one torch build."""
    torch.manual_seed(seed)
    model = _build(cfg, vocabulary)
    require_causal(model)
    return model


def outline_model(cfg: AnyModelConfig, vocabulary: Vocabulary) -> PreTrainedModel:
    """The same model before it has weights: on the meta device, but for its buffers."""
    with init_empty_weights(include_buffers=False):
        model = _build(cfg, vocabulary)
    model.tie_weights()
    return model


def _build(cfg: AnyModelConfig, vocabulary: Vocabulary) -> PreTrainedModel:
    register_families()
    match cfg:
        case ModelConfig():
            return _build_own(cfg, vocabulary)
        case TransformersModelConfig():
            return _build_foreign(cfg.config, vocabulary)
        case _:
            assert_never(cfg)


def _build_own(cfg: ModelConfig, vocabulary: Vocabulary) -> PreTrainedModel:
    config = describe_model(cfg, vocab_size=vocabulary.size)
    config.pad_token_id, config.eos_token_id = vocabulary.pad_token_id, vocabulary.eos_token_id
    if cfg.architecture == "encoder_decoder":
        config.decoder_start_token_id = vocabulary.pad_token_id  # as T5 does
        return OntogenyEncoderDecoderForConditionalGeneration(config)
    return OntogenyDecoderForCausalLM(config)


def _build_foreign(fields: dict[str, Any], vocabulary: Vocabulary) -> PreTrainedModel:
    """Any causal architecture of the library; raises ParamsError for a type or a field that it refuses."""
    own = {key: value for key, value in fields.items() if key != "model_type"}
    name = fields["model_type"]
    if name not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ParamsError(f"pretrain.model.config.model_type: {name!r} is no causal architecture of transformers")
    tokens = {"vocab_size": vocabulary.size, "pad_token_id": vocabulary.pad_token_id, "bos_token_id": None}
    try:
        config = AutoConfig.for_model(name, **own, **tokens, eos_token_id=vocabulary.eos_token_id)
        unknown = sorted(set(own) - set(type(config)().to_dict()))
        if unknown:
            raise ParamsError(f"pretrain.model.config: {name} has no field {unknown[0]!r}")
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    except ParamsError:
        raise
    except Exception as error:  # each configuration class of the library checks itself in its own way
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ParamsError(f"pretrain.model.config: {name} refuses these fields: {reason}") from None
    return model


@torch.no_grad()
def require_causal(model: PreTrainedModel) -> None:
    """Encoders stand among the library's causal models too, and see the very token that they are asked for.

    Raises ParamsError for such a one.
    """
    if isinstance(model, OntogenyPreTrainedModel):
        return
    name = model.config.model_type
    device = model.device
    first, other = torch.arange(2, 10)[None], torch.arange(2, 10)[None].clone()
    other[0, -1] = 1
    model.eval()
    logits, others = (model(input_ids=ids.to(device), use_cache=False).logits[:, :-1] for ids in (first, other))
    model.train()
    if not torch.allclose(logits, others, atol=1e-4):
        raise ParamsError(
            f"pretrain.model.config: {name} is not causal so: a later token changes what is predicted before it "
            "(an encoder needs is_decoder: true)"
        )


def count_parameters(model: nn.Module) -> int:
    """Distinct parameters; tied ones count once."""
    return sum(p.numel() for p in model.parameters())
