"""Cached decoding equals the full forward for every combination that a cache could get wrong."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch

from components.generation.engine import Engine
from components.generation.offline import generate
from components.generation.probe import probe_model
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.model.int8 import load_int8, quantize_model, save_int8
from tests.shapes import draw_ids, make_model, may_meet

pytestmark = pytest.mark.slow

ARCHITECTURES = ("causal_decoder", "prefix_decoder", "encoder_decoder")
POSITIONS = ("learned", "sinusoidal", "rope", "alibi", "t5_relative", "none")
ATTENTIONS = ("full", "sliding_window", "factorized")
LAYERS = ("dense", "switch", "top2")
NORMS: tuple[dict[str, Any], ...] = (
    {"kind": "rmsnorm", "qk": True},
    {"kind": "deepnorm", "position": "post"},
    {"kind": "layernorm", "position": "sandwich", "embedding": True},
)
PROMPT, NEW = 9, 7


def list_combinations() -> list[dict[str, Any]]:
    """All valid ones of architecture, position, attention and layer; norms and heads take turns."""
    turns = itertools.cycle(NORMS)
    return [
        {
            "architecture": architecture,
            "position": {"kind": position},
            "attention": {"kind": attention, "window": 4, "stride": 3},
            "feed_forward": {"kind": layer, "width": 48},
            "norm": norm,
            "num_kv_heads": 2 if layer == "dense" else 4,
        }
        for (architecture, position, attention, layer), norm in zip(
            itertools.product(ARCHITECTURES, POSITIONS, ATTENTIONS, LAYERS), turns, strict=False
        )
        if may_meet(
            {
                "pretrain.model.architecture": architecture,
                "pretrain.model.position.kind": position,
                "pretrain.model.attention.kind": attention,
            }
        )
    ]


def say(options: dict[str, Any]) -> str:
    return "-".join([options["architecture"], *(options[k]["kind"] for k in ("position", "attention", "feed_forward"))])


@torch.no_grad()
@pytest.mark.parametrize("options", list_combinations(), ids=say)
def test_generate_with_a_cache_equals_the_full_forward(options: dict[str, Any]) -> None:
    model = make_model(**options)
    ids = draw_ids(2, PROMPT)
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=NEW,
        do_sample=False,
        eos_token_id=None,
        output_logits=True,
        return_dict_in_generate=True,
    )
    if model.config.is_encoder_decoder:
        full = model(input_ids=ids, decoder_input_ids=out.sequences[:, :-1]).logits
    else:
        prefix = (torch.arange(PROMPT + NEW - 1) < PROMPT)[None].expand(2, -1)
        full = model(input_ids=out.sequences[:, :-1], prefix_mask=prefix).logits[:, PROMPT - 1 :]
    torch.testing.assert_close(torch.stack(out.logits, 1), full, atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("options", [o for o in list_combinations() if o["architecture"] != "encoder_decoder"], ids=say)
def test_slots_at_their_own_lengths_give_the_tokens_of_the_full_forward(options: dict[str, Any]) -> None:
    model = make_model(**options)
    support = probe_model(model)
    assert (support.packed, support.way, support.refusal) == (True, "batched", None)
    prompts = [draw_ids(length, seed=length).tolist() for length in (3, 9, 6)]
    found = generate(model, prompts, SamplingParams(NEW), end_token_ids=(), max_slots=2, what=None)
    for prompt, completion in zip(prompts, found, strict=True):
        whole = torch.tensor([prompt + completion.token_ids])
        prefix = (torch.arange(whole.shape[1]) < len(prompt))[None]
        logprobs = model(input_ids=whole, prefix_mask=prefix).logits.log_softmax(-1)[0, len(prompt) - 1 : -1]
        wanted = logprobs.gather(-1, torch.tensor(completion.token_ids)[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(completion.logprobs), wanted, atol=1e-4, rtol=1e-4)


def test_the_engine_owns_a_prefix_decoder_like_any_other() -> None:
    model = make_model(architecture="prefix_decoder")
    engine = Engine(model, end_token_ids=(), max_slots=2, max_len=32)
    engine.add(0, GenerationRequest(draw_ids(5).tolist(), SamplingParams(3)))
    events = [event for _ in range(3) for event in engine.step()]
    assert [event.finish_reason for event in events] == [None, None, "length"]


@pytest.mark.parametrize("kind", ["switch", "top2"])
def test_experts_in_int8_stay_close_and_reload_to_the_bit(kind: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"feed_forward": {"kind": kind, "width": 96}, "hidden_size": 64}
    plain, model = make_model(**options), make_model(**options)
    ids = draw_ids(2, 24)
    with torch.no_grad():
        wanted = plain(input_ids=ids).logits
        found = quantize_model(model, embeddings=True)(input_ids=ids).logits
        assert float((found - wanted).norm() / wanted.norm()) < 0.1
        save_int8(model, tmp_path)
        assert torch.equal(load_int8(tmp_path)(input_ids=ids).logits, found)
    size = (tmp_path / "model.safetensors").stat().st_size
    assert size < 0.4 * sum(p.numel() * 4 for p in plain.parameters())
