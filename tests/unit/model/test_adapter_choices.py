"""A model is one foreign architecture at most, and a foreign configuration comes back as it was described."""

from typing import Any

import pytest

from components.model.families import OntogenyDecoderConfig
from components.model.hf_adapters.adapter import StateDictAdapter, invert, rename
from components.model.hf_adapters.bloom import BLOOM
from components.model.hf_adapters.gpt2 import GPT2
from components.model.hf_adapters.llama import LLAMA
from components.model.hf_adapters.mixtral import MIXTRAL
from components.model.hf_adapters.t5 import T5
from tests.shapes import draw_ids, make_model

ADAPTERS = {"llama": LLAMA, "gpt2": GPT2, "bloom": BLOOM, "mixtral": MIXTRAL, "t5": T5}
BIASED = {"norm": {"kind": "layernorm"}, "activation": "gelu", "bias": True}
OPTIONS: dict[str, dict[str, Any]] = {
    "llama": {},
    "gpt2": {**BIASED, "position": {"kind": "learned"}},
    "bloom": {
        **BIASED, "norm": {"kind": "layernorm", "embedding": True}, "position": {"kind": "alibi"},
        "feed_forward": {"width": 128},
    },
    "mixtral": {"feed_forward": {"width": 48, "kind": "top2"}},
    "t5": {"architecture": "encoder_decoder", "position": {"kind": "t5_relative"}},
}  # fmt: skip


def make_config(name: str, **more: Any) -> OntogenyDecoderConfig:
    config = make_model(**{**OPTIONS[name], **more}).config
    assert isinstance(config, OntogenyDecoderConfig)
    return config


@pytest.mark.parametrize("name", ADAPTERS)
def test_each_is_matched_by_its_own_adapter_alone(name: str) -> None:
    config = make_config(name)
    assert [other for other, adapter in ADAPTERS.items() if adapter.matches(config)] == [name]


@pytest.mark.parametrize("name", ADAPTERS)
def test_one_option_more_and_it_is_none_of_them(name: str) -> None:
    norm = {**OPTIONS[name].get("norm", {}), "qk": True}
    config = make_config(name, norm=norm)
    assert not any(adapter.matches(config) for adapter in ADAPTERS.values())


@pytest.mark.parametrize(("name", "adapter"), ADAPTERS.items())
def test_what_is_described_is_read_back_as_it_was(name: str, adapter: StateDictAdapter) -> None:
    config = make_config(name)
    found = adapter.read(adapter.describe(config))
    assert found is not None
    assert adapter.matches(found)
    assert (found.hidden_size, found.num_hidden_layers, found.vocab_size) == (config.hidden_size, 2, config.vocab_size)


def test_tensors_are_renamed_there_and_back_and_strangers_left_out() -> None:
    ids = draw_ids(2)
    assert rename({"a": ids, "stranger": ids}, {"a": "b"}) == {"b": ids}
    assert rename(rename({"a": ids}, {"a": "b"}), invert({"a": "b"})) == {"a": ids}
