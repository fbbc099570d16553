"""An option is written once: its param names its field, and no export forgets it."""

from typing import Any

import pytest
from transformers import PreTrainedConfig

from components.model.config import ModelConfig
from components.model.families import (
    DERIVED,
    EFFECTIVE_WITH,
    FIELD_NAMES,
    UNREAD,
    OntogenyDecoderConfig,
    describe_model,
    list_options,
)
from components.model.hf_adapters.convert import ADAPTERS, find_adapter
from tests.shapes import make_model_config

GELU = {"norm": {"kind": "layernorm"}, "activation": "gelu", "bias": True}
EXPORTED: dict[str, dict[str, Any]] = {
    "LlamaForCausalLM": {},
    "MixtralForCausalLM": {"feed_forward": {"kind": "top2", "width": 48}},
    "GPT2LMHeadModel": {**GELU, "position": {"kind": "learned"}},
    "BloomForCausalLM": {
        **{**GELU, "norm": {"kind": "layernorm", "embedding": True}, "position": {"kind": "alibi"}},
        "feed_forward": {"width": 128},
    },
    "T5ForConditionalGeneration": {"architecture": "encoder_decoder", "position": {"kind": "t5_relative"}},
}


def describe(**options: Any) -> OntogenyDecoderConfig:
    return describe_model(make_model_config(**options), vocab_size=61)


def test_every_adapter_is_tried() -> None:
    assert set(EXPORTED) == {adapter.model_class.__name__ for adapter in ADAPTERS}


@pytest.mark.parametrize("name", EXPORTED)
def test_an_option_that_an_export_has_never_heard_of_keeps_a_model_in_its_own_class(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OntogenyDecoderConfig.__annotations__, "invented", bool)
    monkeypatch.setattr(OntogenyDecoderConfig, "invented", False, raising=False)
    config = describe(**EXPORTED[name])
    adapter = find_adapter(config)
    assert adapter is not None and adapter.model_class.__name__ == name, "unused, it changes nothing"
    config.invented = True
    assert find_adapter(config) is None


def test_every_param_has_its_field() -> None:
    own = OntogenyDecoderConfig.__annotations__
    config = describe(bias=True, norm={"qk": True, "eps": 1e-3}, position={"kind": "rope", "scaling": "yarn"})
    assert (config.use_bias, config.norm_qk, config.norm_eps, config.rope_scaling_kind) == (True, True, 1e-3, "yarn")
    assert set(FIELD_NAMES.values()) | set(EFFECTIVE_WITH) <= set(own)
    assert {choice for choice, _ in EFFECTIVE_WITH.values()} <= set(own)
    assert not set(config.to_dict()) - set(own) - set(PreTrainedConfig().to_dict()) - {"model_type"}
    assert {path.partition(".")[0] for path in (*FIELD_NAMES, *DERIVED)} <= set(ModelConfig.model_fields)


def test_what_another_choice_leaves_without_effect_is_no_option() -> None:
    assert "rope_base" in list_options(describe()) and "rope_base" not in list_options(
        describe(position={"kind": "alibi"})
    )
    assert not set(UNREAD) & set(list_options(describe()))


def test_an_encoder_decoder_is_never_taken_for_a_decoder() -> None:
    assert find_adapter(describe(architecture="encoder_decoder")) is None
    assert find_adapter(describe(architecture="prefix_decoder")) is None
