"""The two families as the transformers library meets them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    PreTrainedModel,
)

from components.model.decoder import OntogenyDecoderForCausalLM, OntogenyDecoderForSequenceClassification
from components.model.encoder_decoder import OntogenyEncoderDecoderForConditionalGeneration
from components.model.outputs import DecoderOutput, EncoderDecoderOutput, EncoderOutput
from components.model.pretrained import OntogenyPreTrainedModel
from components.model.registration import register_families
from components.model.stack import Stack
from tests.shapes import draw_ids, make_model

QK: dict[str, Any] = {"norm": {"qk": True}}


@pytest.fixture(autouse=True)
def registered() -> None:
    register_families()
    register_families()  # again is no error


@pytest.mark.parametrize(
    ("options", "auto", "own"),
    [
        (QK, AutoModelForCausalLM, OntogenyDecoderForCausalLM),
        (
            {**QK, "architecture": "encoder_decoder"},
            AutoModelForSeq2SeqLM,
            OntogenyEncoderDecoderForConditionalGeneration,
        ),
    ],
    ids=["decoder", "encoder-decoder"],
)
def test_auto_classes_read_a_folder_of_ours_to_the_bit(
    options: dict[str, Any], auto: type, own: type[OntogenyPreTrainedModel], tmp_path: Path
) -> None:
    model = make_model(**options)
    model.save_pretrained(tmp_path)
    read = auto.from_pretrained(tmp_path)  # type: ignore[attr-defined]
    assert type(read) is own
    told = AutoConfig.from_pretrained(tmp_path).to_diff_dict()
    assert told == model.config.to_diff_dict() | {"architectures": [own.__name__], "dtype": "float32"}
    assert all(torch.equal(value, read.state_dict()[name]) for name, value in model.state_dict().items())


def test_a_decoder_becomes_a_reward_model_with_one_number(tmp_path: Path) -> None:
    make_model(**QK).save_pretrained(tmp_path)
    scorer: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(tmp_path, num_labels=1)
    assert type(scorer) is OntogenyDecoderForSequenceClassification
    assert scorer(input_ids=draw_ids(3, 7)).logits.shape == (3, 1)


def test_hidden_states_come_with_the_losses_of_routers_where_there_are_some() -> None:
    sparse: dict[str, Any] = {"feed_forward": {"kind": "switch", "width": 48}}
    ids = draw_ids(2, 5)
    for options, wanted in ((QK, None), (sparse, (2,))):
        found = make_model(**options).model(input_ids=ids)
        assert isinstance(found, DecoderOutput) and found.last_hidden_state.shape == (2, 5, 32)
        assert (None if found.router_losses is None else found.router_losses.shape) == wanted
    both = make_model(architecture="encoder_decoder", **sparse).model
    found = both(input_ids=ids, decoder_input_ids=ids)
    assert isinstance(found, EncoderDecoderOutput) and found.router_losses is not None
    assert isinstance(both.encoder(input_ids=ids), EncoderOutput)


def test_an_encoder_s_stack_sees_both_ways_and_a_decoder_s_does_not() -> None:
    config = make_model().config
    x = torch.randn(1, 6, config.hidden_size)
    changed = x.clone()
    changed[:, -1] += 1.0
    for is_decoder in (True, False):
        stack = Stack(config, is_decoder=is_decoder).eval()
        with torch.no_grad():
            same = torch.equal(stack(x).hidden_BTC[:, 0], stack(changed).hidden_BTC[:, 0])
        assert same is is_decoder
