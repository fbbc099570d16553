"""Which weights are trained, at which rate, and which of them decay."""

import copy
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn

from components.optim.build import build_optimizer, set_learning_rates
from tests.shapes import make_optimization
from tests.tiny import make_model, make_tokenizer

KINDS = ("adamw", "adafactor", "lion", "muon")


def make_layers() -> nn.ModuleDict:
    return nn.ModuleDict({"policy": nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3)), "value": nn.Linear(3, 1)})


def list_group_shapes(optimizer: torch.optim.Optimizer) -> list[tuple[float, float, list[tuple[int, ...]]]]:
    return [(g["lr"], g["weight_decay"], [tuple(p.shape) for p in g["params"]]) for g in optimizer.param_groups]


@pytest.mark.parametrize("kind", KINDS)  # of these matrices Muon takes all but the single row
def test_matrices_decay_and_a_part_may_have_a_rate_of_its_own(kind: str) -> None:
    model = make_layers()
    cfg = make_optimization(learning_rate=0.1, weight_decay=0.2, optimizer={"kind": kind})
    optimizer = build_optimizer(model, cfg, own_rates={model["value"]: 0.5})
    assert list_group_shapes(optimizer) == [
        (0.1, 0.2, [(3, 4)]),
        (0.1, 0.0, [(3,), (3,), (3,)]),
        (0.5, 0.2, [(1, 3)]),
        (0.5, 0.0, [(1,)]),
    ]


def test_every_part_follows_the_schedule_from_its_own_peak() -> None:
    model = make_layers()
    cfg = make_optimization(learning_rate=0.1, warmup_fraction=0.5, schedule={"kind": "linear", "final_lr_fraction": 0})
    optimizer = build_optimizer(model, cfg, own_rates={model["value"]: 0.5})
    for step, share in ((1, 0.2), (5, 1.0), (9, 0.2), (10, 0.0)):
        set_learning_rates(optimizer, cfg, step, 10)
        rates = [group["lr"] for group in optimizer.param_groups]
        assert rates == pytest.approx([0.1 * share] * 2 + [0.5 * share] * 2)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_frozen_weights_are_no_part_of_it_and_adapters_are(kind: str) -> None:
    adapted = get_peft_model(make_model(make_tokenizer()), LoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj"]))
    optimizer = build_optimizer(adapted, make_optimization(optimizer={"kind": kind}))
    named = {parameter: name for name, parameter in adapted.named_parameters()}
    trained = [named[parameter] for group in optimizer.param_groups for parameter in group["params"]]
    assert len(trained) == 4 and all("lora_" in name for name in trained)


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_that_was_written_and_read_goes_on_to_the_bit(kind: str, tmp_path: Path) -> None:
    """As TRL's trainers keep theirs: one dictionary, read back without unpickling code."""
    cfg = make_optimization(weight_decay=0.1, optimizer={"kind": kind})

    def step(model: nn.Module, optimizer: torch.optim.Optimizer, first_id: int) -> None:
        ids = torch.arange(first_id, first_id + 8)[None]
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    model = make_model(make_tokenizer())
    optimizer = build_optimizer(model, cfg)
    step(model, optimizer, 5)
    torch.save(optimizer.state_dict(), tmp_path / "optimizer.pt")
    resumed = copy.deepcopy(model)
    others = build_optimizer(resumed, cfg)
    others.load_state_dict(torch.load(tmp_path / "optimizer.pt", weights_only=True))
    for first_id in (50, 90):
        step(model, optimizer, first_id)
        step(resumed, others, first_id)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), resumed.parameters(), strict=True))
