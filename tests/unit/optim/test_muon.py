"""Muon makes steps orthogonal, as PyTorch's own does; and it knows which weights are hidden matrices."""

from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedModel,
)

from components.model.value import ValueModel
from components.optim.build import build_optimizer
from components.optim.muon import find_hidden_matrices, orthogonalize
from tests.shapes import make_model, make_optimization
from tests.tiny import make_model as make_llama
from tests.tiny import make_tokenizer

BFLOAT16 = 2.0**-7
"""Twice its rounding."""


@pytest.mark.parametrize("shape", [(2, 8, 8), (1, 6, 20), (3, 20, 6)])
def test_what_is_made_orthogonal_keeps_its_singular_vectors_and_has_values_of_about_one(shape: tuple[int, ...]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    u, _, vh = torch.linalg.svd(matrices, full_matrices=False)
    turned = u.mT @ orthogonalize(matrices, 5) @ vh.mT
    values = turned.diagonal(dim1=-2, dim2=-1)
    assert values.min() > 0.5 and values.max() < 1.3
    assert (turned - torch.diag_embed(values)).abs().max() < 0.1


def test_steps_of_matrices_are_those_of_pytorchs_own() -> None:
    generator = torch.Generator().manual_seed(0)
    ours = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in [(8, 8), (8, 8), (6, 20), (20, 6)]]
    theirs = [nn.Parameter(weight.detach().clone()) for weight in ours]
    chosen = {"kind": "muon", "momentum": 0.9}
    cfg = make_optimization(learning_rate=0.03, weight_decay=0.2, optimizer=chosen)
    optimizer = build_optimizer(nn.ParameterList(ours), cfg)
    library = torch.optim.Muon(theirs, lr=0.03, weight_decay=0.2, momentum=0.9, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn(mine.shape, generator=generator)
            other.grad = mine.grad.clone()
        optimizer.step()
        library.step()  # type: ignore[no-untyped-call]
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.detach(), other.detach(), rtol=0, atol=4 * 0.03 * BFLOAT16)


def test_experts_in_a_table_are_made_orthogonal_one_by_one() -> None:
    table = nn.Parameter(torch.zeros(3, 4, 6))
    table.grad = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(0))
    alone = [nn.Parameter(torch.zeros(4, 6)) for _ in range(3)]
    for expert, gradient in zip(alone, table.grad, strict=True):
        expert.grad = gradient.clone()
    cfg = make_optimization(optimizer={"kind": "muon"})
    build_optimizer(nn.ParameterList([table]), cfg).step()
    build_optimizer(nn.ParameterList(alone), cfg).step()
    torch.testing.assert_close(table.detach(), torch.stack([expert.detach() for expert in alone]))


def test_other_weights_take_the_steps_of_adamw() -> None:
    models = [make_llama(make_tokenizer(), seed=3) for _ in range(2)]
    for model, kind in zip(models, ("muon", "adamw"), strict=True):
        optimizer = build_optimizer(model, make_optimization(weight_decay=0.1, optimizer={"kind": kind}))
        for step in range(2):
            ids = torch.arange(8 * (step + 1))[None]
            model(input_ids=ids, labels=ids).loss.backward()
            if not step:  # of the second step, gradients are those of other weights already
                optimizer.step()
    hidden = {name for name, p in models[0].named_parameters() if p in find_hidden_matrices(models[0])}
    for (name, mine), other in zip(models[0].named_parameters(), models[1].parameters(), strict=True):
        assert torch.equal(mine, other) != (name in hidden), name


def list_others(model: nn.Module) -> set[str]:
    """Weights of two or more dimensions that AdamW gets."""
    hidden = find_hidden_matrices(model)
    return {name for name, p in model.named_parameters() if p.ndim >= 2 and p not in hidden}


@pytest.mark.parametrize(
    ("options", "others"),
    [
        ({}, {"model.embed_tokens.weight"}),
        ({"tie_embeddings": False}, {"model.embed_tokens.weight", "lm_head.weight"}),
        ({"position": {"kind": "learned"}}, {"model.embed_tokens.weight", "model.stack.positions.weight"}),
        ({"feed_forward": {"kind": "top2", "width": 48}}, {"model.embed_tokens.weight"}),
    ],
)
def test_of_our_decoder_embeddings_and_head_are_no_hidden_matrices(options: dict[str, Any], others: set[str]) -> None:
    assert list_others(make_model(**options)) == others


def test_of_an_encoder_decoder_distances_are_embeddings_too() -> None:
    model = make_model(architecture="encoder_decoder", position={"kind": "t5_relative"})
    assert list_others(model) == {
        "model.encoder.embed_tokens.weight", "model.encoder.stack.relative.weight", "model.decoder.relative.weight",
    }  # fmt: skip


def test_experts_and_routers_are_hidden_matrices() -> None:
    model = make_model(feed_forward={"kind": "switch", "width": 48})
    hidden = find_hidden_matrices(model)
    named = [p for name, p in model.named_parameters() if "experts" in name or "router" in name]
    assert len(named) == 6 and all(p in hidden for p in named)


LLAMA = LlamaConfig(
    vocab_size=40,
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=1,
    num_attention_heads=2,
    num_labels=1,
)


def make_scorer() -> PreTrainedModel:
    return LlamaForSequenceClassification(LLAMA)


def test_of_the_librarys_models_embeddings_and_heads_are_none() -> None:
    assert list_others(make_llama(make_tokenizer())) == {"model.embed_tokens.weight"}
    gpt2 = GPT2LMHeadModel(GPT2Config(vocab_size=40, n_embd=16, n_layer=1, n_head=2, n_positions=32))
    assert list_others(gpt2) == {"transformer.wte.weight", "transformer.wpe.weight"}
    assert list_others(make_scorer()) == {"model.embed_tokens.weight", "score.weight"}
    both = nn.ModuleDict({"policy": make_llama(make_tokenizer()), "value": ValueModel(make_scorer())})
    assert list_others(both) == {
        "policy.model.embed_tokens.weight", "value.backbone.embed_tokens.weight", "value.head.weight",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_adapters_are_hidden_matrices_but_for_those_on_embeddings() -> None:
    targets = ["q_proj", "embed_tokens"]
    adapted = get_peft_model(LlamaForCausalLM(LLAMA), LoraConfig(task_type="CAUSAL_LM", target_modules=targets))
    hidden = find_hidden_matrices(adapted)
    trained = {name: p in hidden for name, p in adapted.named_parameters() if p.requires_grad}
    assert len(trained) == 4
    assert all(is_hidden == ("q_proj" in name) for name, is_hidden in trained.items())
