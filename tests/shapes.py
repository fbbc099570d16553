"""Tiny models of any combination of options."""

from typing import Any

import torch
from transformers import PreTrainedModel

from components.base.yaml import read_yaml
from components.model.build import Vocabulary, build_model
from components.model.config import ModelConfig
from components.optim.config import OptimizationConfig
from tests.trees import ROOT

VOCABULARY = Vocabulary(size=61, pad_token_id=0, eos_token_id=1)
RULES = read_yaml(ROOT / "pipelines" / "compatibility.yaml")


def make_model_config(**options: Any) -> ModelConfig:
    """Two layers, 32 wide; options override whole fields."""
    base: dict[str, Any] = {
        "architecture": "causal_decoder",
        "num_layers": 2,
        "hidden_size": 32,
        "num_heads": 4,
        "num_kv_heads": 4,
        "max_positions": 64,
        "feed_forward": {"width": 48},
        "tie_embeddings": True,
        "init": {"std": 0.1},
    }
    return ModelConfig.model_validate(base | options)


def make_model(vocabulary: Vocabulary = VOCABULARY, seed: int = 0, **options: Any) -> PreTrainedModel:
    """A random model in evaluation mode."""
    return build_model(make_model_config(**options), vocabulary, seed).eval()


def draw_ids(*shape: int, seed: int = 1) -> torch.Tensor:
    """Random text without special tokens."""
    return torch.randint(2, VOCABULARY.size, shape, generator=torch.Generator().manual_seed(seed))


def may_meet(choices: dict[str, Any]) -> bool:
    """Whether no rule between choices forbids these; keys are param paths, absent ones forbid nothing."""
    return not any(
        all(choices.get(path) in values for path, values in rule["when"].items())
        for rule in RULES
        if "stages" not in rule
    )


def make_optimization(**options: Any) -> OptimizationConfig:
    """AdamW at a constant rate without decay; options override whole fields."""
    base: dict[str, Any] = {
        "learning_rate": 1e-2,
        "warmup_fraction": 0.0,
        "schedule": {"kind": "constant"},
        "optimizer": {"kind": "adamw"},
        "weight_decay": 0.0,
        "clip_norm": 1.0,
    }
    return OptimizationConfig.model_validate(base | options)
