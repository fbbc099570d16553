"""Models of every causal family: what is tried of each when it is first met, and what its answers are."""

import warnings
from typing import Any

import pytest
import torch

from components.base.errors import ArtifactError
from components.generation.engine import Engine
from components.generation.offline import generate
from components.generation.probe import _agree, probe_model, require_support
from components.generation.sampling import SamplingParams
from components.model.capabilities import UNBOUNDED, find_rotary_switch, read_context, reads_beyond_context
from tests.trees import ROOT
from tests.unit.generation.tiny_families import build_tiny, draw_table

pytestmark = pytest.mark.slow

WAYS = {
    **dict.fromkeys(("llama", "mistral", "qwen2", "gemma2", "gemma3_text", "phi3", "starcoder2"), "batched"),
    **dict.fromkeys(("llama4_text", "gpt_oss", "opt", "falcon", "mpt", "gpt2", "cohere2"), "batched"),
    **dict.fromkeys(("gpt_neo", "bloom", "mamba", "lfm2", "qwen3_next"), "alone"),
    **dict.fromkeys(("rwkv", "openai-gpt"), "recomputed"),
}
SEE_EACH_OTHER = {"falcon", "opt", "mpt", "bloom", "mamba", "gpt_oss"}


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, about classes that are built without their kernels
        yield


def read_greedily(model: Any, prompt: list[int], count: int) -> list[int]:
    """The likeliest tokens by plain forwards, without a cache or a batch."""
    ids = list(prompt)
    with torch.no_grad():
        for _ in range(count):
            ids.append(int(model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
    return ids[len(prompt) :]


@pytest.mark.parametrize("family", WAYS)
def test_answers_are_those_of_plain_forwards_also_beyond_a_window(family: str) -> None:
    model = build_tiny(family)
    prompts = [[5, 9, 11], list(range(20, 41)), [7, 3, 8, 30, 31, 32, 33, 34, 35, 36, 37]]
    found = generate(model, prompts, SamplingParams(14), end_token_ids=(), what=None)
    assert [c.token_ids for c in found] == [read_greedily(model, p, 14) for p in prompts]
    assert probe_model(model).way == WAYS[family]


@pytest.mark.parametrize("family", WAYS)
def test_an_answer_depends_on_its_seed_alone_whatever_way_it_is_made(family: str) -> None:
    model = build_tiny(family)
    prompts = [[5, 9, 11], list(range(20, 41)), [5, 9, 11], [3] * 9, [4] * 17]
    wishes = [SamplingParams(3 + 2 * n, temperature=1.0, seed=n) for n in range(5)]
    together = generate(model, prompts, wishes, end_token_ids=(7,), max_slots=3, what=None)
    for prompt, wish, found in zip(prompts, wishes, together, strict=True):
        (alone,) = generate(model, [prompt], wish, end_token_ids=(7,), what=None)
        assert (alone.token_ids, alone.finish_reason) == (found.token_ids, found.finish_reason)


@pytest.mark.parametrize("family", ["llama", "gemma3_text", *sorted(SEE_EACH_OTHER)])
def test_packed_texts_are_trusted_only_where_they_do_not_see_each_other(family: str) -> None:
    assert probe_model(build_tiny(family)).packed == (family not in SEE_EACH_OTHER)


def test_a_model_is_tried_once_and_left_as_it_was() -> None:
    model = build_tiny("mistral").train()
    window, calls = model.config.sliding_window, []
    handle = model.register_forward_pre_hook(lambda *_: calls.append(1))
    probe_model(model)
    tried = len(calls)
    probe_model(model)
    Engine(model, end_token_ids=(), max_slots=1, max_len=32)
    handle.remove()
    assert 0 < tried == len(calls) <= 20
    assert model.training and model.config.sliding_window == window


def test_rounding_costs_a_bfloat16_model_no_way_of_running_but_a_wrong_text_does() -> None:
    logits_TV = torch.randn(4, 5000, generator=torch.Generator().manual_seed(0))
    rounded_TV = logits_TV + 0.02 * torch.randn(4, 5000, generator=torch.Generator().manual_seed(1))
    rounded_TV[2, 7] += 0.2
    other_TV = logits_TV + 0.4 * torch.randn(4, 5000, generator=torch.Generator().manual_seed(2))
    exact = torch.nn.Linear(2, 2)
    assert not _agree(exact, [rounded_TV], [logits_TV])
    rounded = torch.nn.Linear(2, 2).to(torch.bfloat16)
    assert _agree(rounded, [rounded_TV], [logits_TV])
    assert not _agree(rounded, [other_TV], [logits_TV])


def test_a_model_that_is_not_causal_is_refused_in_one_line() -> None:
    model = build_tiny("xlnet")
    with pytest.raises(ArtifactError, match=r"XLNetLMHeadModel cannot be run here: .*not causal") as caught:
        require_support(model)
    assert "\n" not in str(caught.value)
    with pytest.raises(ArtifactError, match="not causal"):
        generate(model, [[5]], SamplingParams(1), end_token_ids=(), what=None)


def test_a_model_whose_weights_are_nan_is_not_said_to_look_ahead() -> None:
    model = build_tiny("llama")
    with torch.no_grad():
        model.model.norm.weight[0] = float("nan")
    with pytest.raises(ArtifactError, match="its logits are NaN"):
        require_support(model)


def test_a_window_that_our_masks_do_not_know_is_not_taken_for_none() -> None:
    """Longer than any trial: nothing short would show that it hides anything."""
    model = build_tiny("gpt_neo", max_position_embeddings=4096, window_size=2048)
    assert probe_model(model).way == "alone"


def test_angles_that_depend_on_the_longest_text_of_a_batch_keep_texts_apart() -> None:
    factors = {"short_factor": [1.0] * 4, "long_factor": [4.0] * 4, "rope_theta": 10000.0}
    rope = {"rope_type": "longrope", "original_max_position_embeddings": 16, **factors}
    model = build_tiny("phi3", rope_parameters=rope, original_max_position_embeddings=16)
    assert find_rotary_switch(model.config) == 16
    prompts = [[5, 9, 11], list(range(20, 40))]
    found = generate(model, prompts, SamplingParams(20), end_token_ids=(), what=None)
    assert [c.token_ids for c in found] == [read_greedily(model, p, 20) for p in prompts]


@pytest.mark.parametrize(
    ("family", "context"), [("llama", 64), ("gpt2", 64), ("mpt", 64), ("opt", 64), ("mamba", UNBOUNDED), ("ctrl", 64)]
)
def test_the_context_is_read_by_whatever_name_a_family_gives_it(family: str, context: int) -> None:
    assert read_context(build_tiny(family).config) == context


@pytest.mark.parametrize("family", ["llama", "gpt2", "opt", "gpt_neo", "bloom", "mamba", "gptj", "phi3", "gpt_bigcode"])
def test_a_model_that_is_said_to_read_beyond_its_context_does(family: str) -> None:
    model = build_tiny(family)
    longer = torch.arange(80)[None]
    if reads_beyond_context(model.config):
        assert model(input_ids=longer, use_cache=False).logits.isfinite().all()
    else:
        with pytest.raises((IndexError, RuntimeError, ValueError)):
            model(input_ids=longer, use_cache=False)


def test_the_table_of_families_says_what_the_probe_finds() -> None:
    shown = (ROOT / "docs" / "families.md").read_text(encoding="utf-8")
    assert draw_table() in shown, "python -m tests.unit.generation.tiny_families prints it anew"
