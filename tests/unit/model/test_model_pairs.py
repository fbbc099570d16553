"""Every valid pair of options in some model: it learns real text for thirty steps, and is saved, read and asked.

A run's options are chosen greedily, each to meet as many pairs as it can that none has met yet.
"""

import itertools
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from components.model.build import Vocabulary
from components.model.training_loss import sum_training_loss
from components.optim.build import build_optimizer
from components.optim.config import AdamWConfig, ConstantConfig, OptimizationConfig
from components.pretrain.config import ObjectiveConfig
from components.pretrain.objective import TRAINING, Objective, find_targets
from components.runtime.folder import load_folder, save_model
from components.text.sentinels import add_sentinels, find_sentinels
from components.text.tokenizer import encode_text, train_byte_bpe
from tests.shapes import make_model, may_meet
from tests.tiny import PATTERN

pytestmark = pytest.mark.slow

AXES: dict[str, tuple[Any, ...]] = {
    "pretrain.model.architecture": ("causal_decoder", "prefix_decoder", "encoder_decoder"),
    "pretrain.model.feed_forward.kind": ("dense", "switch", "top2"),
    "pretrain.model.feed_forward.capacity_factor": (None, 1.25),
    "pretrain.model.norm.kind": ("layernorm", "rmsnorm", "deepnorm"),
    "pretrain.model.norm.position": ("pre", "post", "sandwich"),
    "pretrain.model.norm.embedding": (False, True),
    "pretrain.model.norm.qk": (False, True),
    "pretrain.model.activation": ("relu2", "gelu", "swiglu", "geglu"),
    "pretrain.model.position.kind": ("learned", "sinusoidal", "rope", "alibi", "t5_relative", "none"),
    "pretrain.model.position.scaling": ("none", "linear", "yarn"),
    "pretrain.model.attention.kind": ("full", "sliding_window", "factorized"),
    "pretrain.model.num_kv_heads": (4, 2),
    "pretrain.model.bias": (False, True),
    "pretrain.model.tie_embeddings": (True, False),
    "pretrain.model.init.scale_by_depth": (False, True),
    "pretrain.objective.kind": ("language_modeling", "prefix_lm", "span_corruption", "mixture_of_denoisers"),
}
STEPS, BATCH, LENGTH = 30, 8, 48
Choices = dict[str, Any]
Pair = tuple[tuple[str, Any], tuple[str, Any]]


def list_pairs(choices: Choices) -> set[Pair]:
    return set(itertools.combinations(sorted(choices.items(), key=lambda item: item[0]), 2))


def list_valid_pairs() -> set[Pair]:
    """Pairs that some valid model holds: the pair itself breaks no rule, and the rest can be chosen around it."""
    everything = {
        tuple(sorted([(a, x), (b, y)], key=lambda item: item[0]))
        for a, b in itertools.combinations(AXES, 2)
        for x in AXES[a]
        for y in AXES[b]
    }
    return {pair for pair in everything if complete(dict(pair), set()) is not None}  # type: ignore[misc]


def complete(start: Choices, wanted: set[Pair]) -> Choices | None:
    """Choose the other options one by one, with as many wanted pairs as may be; None where rules leave nothing."""

    def extend(choices: Choices, rest: list[str]) -> Choices | None:
        if not rest:
            return choices
        axis = rest[0]
        gains = {
            value: sum(tuple(sorted([(axis, value), item], key=lambda i: i[0])) in wanted for item in choices.items())
            for value in AXES[axis]
        }
        for value in sorted(AXES[axis], key=lambda v: -gains[v]):
            trial = {**choices, axis: value}
            if may_meet(trial) and (found := extend(trial, rest[1:])) is not None:
                return found
        return None

    return extend(start, [axis for axis in AXES if axis not in start]) if may_meet(start) else None


def cover_pairs() -> Iterator[Choices]:
    """Models until every valid pair has been met."""
    wanted = list_valid_pairs()
    while wanted:
        choices = complete(dict(min(wanted, key=repr)), wanted)
        assert choices is not None
        wanted -= list_pairs(choices)
        yield choices


def say(choices: Choices) -> str:
    return "-".join(str(value) for value in choices.values())


def build_options(choices: Choices) -> dict[str, Any]:
    """Nested options of a shape from flat paths."""
    options: dict[str, Any] = {"feed_forward": {"width": 48, "experts": 2}, "init": {"std": 0.08}}
    options["attention"] = {"window": 16, "stride": 8}
    options["position"] = {"scaling_factor": 2.0, "scaling_from": 24}
    for path, value in choices.items():
        _, section, *keys = path.split(".")
        if section == "model":
            target = options if len(keys) == 1 else options.setdefault(keys[0], {})
            target[keys[-1]] = value
    return options


@pytest.fixture(scope="module")
def text() -> tuple[Any, np.ndarray[Any, Any]]:
    """A tokenizer with sentinels, and rows of the standard library's own prose and code."""
    source = (Path(sysconfig.get_paths()["stdlib"]) / "textwrap.py").read_text(encoding="utf-8")
    tokenizer = train_byte_bpe([source], vocab_size=300, pattern=PATTERN)
    add_sentinels(tokenizer, 16)
    ids = encode_text(tokenizer, source)
    count = len(ids) // (LENGTH + 1)
    return tokenizer, np.array(ids[: count * (LENGTH + 1)]).reshape(count, LENGTH + 1)


@pytest.mark.parametrize("choices", list(cover_pairs()), ids=say)
def test_a_model_learns_and_travels(choices: Choices, text: tuple[Any, np.ndarray[Any, Any]], tmp_path: Path) -> None:
    tokenizer, rows = text
    vocabulary = Vocabulary(len(tokenizer), tokenizer.pad_token_id, tokenizer.eos_token_id)
    model = make_model(vocabulary, **build_options(choices)).train()
    encoder_decoder = bool(model.config.is_encoder_decoder)
    objective = Objective(
        ObjectiveConfig(kind=choices["pretrain.objective.kind"]),
        find_sentinels(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        encoder_decoder=encoder_decoder,
        seed=0,
    )
    optimization = OptimizationConfig(
        learning_rate=3e-3,
        warmup_fraction=0.0,
        schedule=ConstantConfig(kind="constant"),
        optimizer=AdamWConfig(kind="adamw"),
        weight_decay=0.0,
        clip_norm=1.0,
    )
    optimizer = build_optimizer(model, optimization)
    losses = []
    for step in range(STEPS):
        # Two batches in turn: what a model of this size learns in thirty steps is seen on what it has met.
        first = step % 2 * BATCH
        batch = objective.make_batch(rows[first : first + BATCH], [(TRAINING, 0, first + i) for i in range(BATCH)])
        loss = sum_training_loss(model, batch) / int((find_targets(batch) >= 0).sum())
        loss.backward()  # type: ignore[no-untyped-call]
        assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    assert sum(losses[-4:]) / 4 < sum(losses[:4]) / 4 - 0.3

    save_model(model, tokenizer, tmp_path)
    again, _ = load_folder(tmp_path)
    model.eval()
    with torch.no_grad():
        assert float(sum_training_loss(again, batch)) == pytest.approx(float(sum_training_loss(model, batch)), rel=1e-4)
    prompt = torch.from_numpy(rows[:2, :8])
    out = again.generate(input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=4, do_sample=False)
    assert out.shape[0] == 2
