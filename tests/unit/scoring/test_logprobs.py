"""Log-probabilities of many families against transformers' own losses, and how many logits exist at once."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BloomConfig,
    BloomForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from components.model.build import Vocabulary
from components.scoring import logprobs
from components.scoring.logprobs import gather_logprobs, score_targets
from components.scoring.perplexity import measure_loss
from tests.shapes import make_model

WORDS = 50
SMALL = {"vocab_size": WORDS, "hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1}
LLAMA = {**SMALL, "intermediate_size": 32, "initializer_range": 0.5}
SEEN_BOTH_WAYS = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2, "decoder_start_token_id": 0}
BART = {
    **{"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2},
    **{"decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "vocab_size": WORDS},
    **{"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2, "init_std": 0.5},
}
DECODERS: dict[str, Callable[[], Any]] = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**LLAMA)),
    "tied llama": lambda: LlamaForCausalLM(LlamaConfig(**LLAMA, tie_word_embeddings=True)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=WORDS, n_embd=16, n_layer=1, n_head=2, bos_token_id=0)),
    "bloom": lambda: BloomForCausalLM(BloomConfig(vocab_size=WORDS, hidden_size=16, n_layer=1, n_head=2)),
    "mixtral": lambda: MixtralForCausalLM(MixtralConfig(**LLAMA, num_local_experts=2, num_key_value_heads=2)),
    "gemma2, which caps its logits": lambda: Gemma2ForCausalLM(
        Gemma2Config(**LLAMA, num_key_value_heads=1, head_dim=8, final_logit_softcapping=0.5)
    ),
    "ours": lambda: make_model(Vocabulary(WORDS, 0, 1)),
}
PAIRS: dict[str, Callable[[], Any]] = {
    "t5": lambda: T5ForConditionalGeneration(T5Config(vocab_size=WORDS, **SEEN_BOTH_WAYS)),
    "t5 with a head of its own": lambda: T5ForConditionalGeneration(
        T5Config(vocab_size=WORDS, tie_word_embeddings=False, **SEEN_BOTH_WAYS)
    ),
    "bart, which adds a bias to its logits": lambda: BartForConditionalGeneration(BartConfig(**BART)),
    "ours": lambda: make_model(Vocabulary(WORDS, 0, 1), architecture="encoder_decoder"),
}


def build(make: Callable[[], Any]) -> PreTrainedModel:
    torch.manual_seed(0)
    model: PreTrainedModel = make().eval()
    if model.config.model_type != "mixtral":  # whose grouped products of experts know no float64
        model = model.double()
    if hasattr(model, "final_logits_bias"):
        model.final_logits_bias.uniform_(-1, 1)
    return model


def check(found: float, output: Any, targets_BT: torch.Tensor) -> None:
    """Against the loss that transformers gives, in float32, and against its logits in float64."""
    assert found == pytest.approx(float(output.loss.detach()), rel=1e-6)
    logits_BTV = output.logits[:, : targets_BT.shape[1]].detach()
    expected = torch.nn.functional.cross_entropy(logits_BTV.flatten(0, 1), targets_BT.flatten())
    assert found == pytest.approx(float(expected), rel=1e-12 if logits_BTV.dtype == torch.float64 else 1e-6)


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Remembers the most entries that a tensor had."""

    entries = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        if isinstance(found, torch.Tensor):
            self.entries = max(self.entries, found.numel())
        return found


@pytest.fixture(params=[1 << 24, 3 * WORDS], ids=["one chunk", "chunks of three rows"])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logprobs, "CHUNK_ENTRIES", request.param)


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("make", DECODERS.values(), ids=DECODERS)
def test_the_loss_of_a_decoder_is_that_of_transformers(make: Callable[[], Any]) -> None:
    model, ids_BT = build(make), torch.randint(2, WORDS, (3, 9))
    labels_BT = ids_BT.clone()
    labels_BT[1, :5] = -100
    found = measure_loss(model, [({"input_ids": ids_BT[:, :-1]}, labels_BT[:, 1:])])
    check(found, model(input_ids=ids_BT, labels=labels_BT), labels_BT[:, 1:])


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("make", PAIRS.values(), ids=PAIRS)
def test_the_loss_of_an_encoder_decoder_is_that_of_transformers(make: Callable[[], Any]) -> None:
    model, source, target = build(make), torch.randint(3, WORDS, (3, 7)), torch.randint(3, WORDS, (3, 5))
    target[1, 3:] = -100
    mask = torch.ones_like(source)
    found = measure_loss(model, [({"input_ids": source, "attention_mask": mask}, target)])
    check(found, model(input_ids=source, attention_mask=mask, labels=target), target)


def test_a_prefix_decoder_reads_its_prefix_as_in_training() -> None:
    model = build(lambda: make_model(Vocabulary(WORDS, 0, 1), architecture="prefix_decoder"))
    ids, targets = torch.randint(2, WORDS, (2, 8)), torch.randint(2, WORDS, (2, 8))
    targets[:, :3] = -100
    expected = float(model(input_ids=ids, shift_labels=targets).loss.detach())
    assert measure_loss(model, [({"input_ids": ids}, targets)]) == pytest.approx(expected, abs=1e-12)


MANY = 4000
WIDE: dict[str, Callable[[], Any]] = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**LLAMA | {"vocab_size": MANY})),
    "t5": lambda: T5ForConditionalGeneration(T5Config(vocab_size=MANY, **SEEN_BOTH_WAYS)),
    "our decoder": lambda: make_model(Vocabulary(MANY, 0, 1)),
    "our encoder-decoder": lambda: make_model(Vocabulary(MANY, 0, 1), architecture="encoder_decoder"),
}


@pytest.mark.parametrize("make", WIDE.values(), ids=WIDE)
def test_all_logits_never_exist_at_once(make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logprobs, "CHUNK_ENTRIES", 16 * MANY)
    model, ids_BT = build(make), torch.randint(2, MANY, (8, 40))
    with torch.no_grad(), Largest() as largest:  # type: ignore[no-untyped-call]
        score_targets(model, {"input_ids": ids_BT}, ids_BT)
    assert largest.entries == max(16 * MANY, model.get_output_embeddings().weight.numel())
    assert largest.entries < ids_BT.numel() * MANY / 5


def test_gradients_are_those_of_the_whole_and_leave_no_float32_logits_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = torch.randint(0, 7, (2, 9))
    targets[0, :4] = -100
    weights, grads, saved = torch.rand(2, 9), [], []
    for size in (1 << 24, 21):
        monkeypatch.setattr(logprobs, "CHUNK_ENTRIES", size)
        logits = torch.randn(2, 9, 7, generator=torch.Generator().manual_seed(0)).bfloat16().requires_grad_()
        kept: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t, kept=kept: kept.append(t.numel() * (t.dtype == torch.float32)) or t,  # type: ignore[misc]
            lambda t: t,
        ):
            found = gather_logprobs(logits, targets)
        (grad,) = torch.autograd.grad((found * weights).sum(), logits)
        grads.append(grad)
        saved.append(max(kept, default=0))
    assert torch.equal(grads[0], grads[1])
    assert saved[1] < saved[0] == logits.numel()


def test_gradients_reach_the_weights_through_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    ids, grads = torch.randint(2, WORDS, (2, 6)), []
    for size in (1 << 24, 3 * WORDS):
        monkeypatch.setattr(logprobs, "CHUNK_ENTRIES", size)
        model = build(DECODERS["tied llama"])
        total = score_targets(model, {"input_ids": ids[:, :-1]}, ids[:, 1:]).sum()
        grads.append(torch.autograd.grad(total, list(model.parameters())))
    for one, other in zip(*grads, strict=True):
        torch.testing.assert_close(one, other)


def test_an_ignored_target_scores_zero_and_an_indifferent_model_guesses() -> None:
    found = gather_logprobs(torch.zeros(1, 3, 8), torch.tensor([[2, -100, 7]]))
    assert found[0].tolist() == pytest.approx([-math.log(8), 0.0, -math.log(8)])
