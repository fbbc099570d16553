"""A tokenizer and a random model small enough for a stage to run in seconds."""

from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.base.validation import validate
from components.base.yaml import read_yaml
from components.model.build import Vocabulary
from components.runtime.folder import save_model
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import draw_items
from components.text.tokenizer import train_byte_bpe
from tests.shapes import make_model

PARAMS = Path(__file__).parents[2] / "params.yaml"


def read_shared() -> SharedConfig:
    """The default run's, in whatever folder a test works."""
    section = read_yaml(PARAMS)["shared"]
    for task in section["tasks"].values():
        if "path" in task:
            task["path"] = str(PARAMS.parent / task["path"])
    shared: SharedConfig = validate(SharedConfig, section, where="shared")
    return shared


OWN_MODELS: dict[str, dict[str, Any]] = {
    "a prefix decoder with experts": {
        "architecture": "prefix_decoder",
        "feed_forward": {"kind": "switch", "width": 96, "experts": 2, "capacity_factor": 1.5},
        "norm": {"kind": "layernorm", "position": "sandwich", "qk": True},
        "position": {"kind": "t5_relative"},
    },
    "a BLOOM": {
        "feed_forward": {"width": 128},
        "norm": {"kind": "layernorm", "embedding": True},
        "activation": "gelu",
        "bias": True,
        "position": {"kind": "alibi"},
    },
    "a windowed DeepNorm": {
        "norm": {"kind": "deepnorm", "position": "post"},
        "attention": {"kind": "sliding_window", "window": 32},
    },
}
"""Options of models that later stages must take like any other."""


def write_tiny_model(
    folder: Path, *, width: int = 32, context: int = 256, options: dict[str, Any] | None = None
) -> Path:
    """A random two-layer Llama, or a model of other options, with a tokenizer trained on a few problems."""
    rng = Random(0)
    solved = [item.require_solution() for item in draw_items(read_shared(), "train", 100, stream="corpus")]
    texts = [f"Question: {s.question}\nAnswer: {s.cot if rng.random() < 0.5 else s.answer_only}" for s in solved]
    pattern = read_yaml(PARAMS)["tokens"]["pattern"]
    tokenizer = train_byte_bpe(texts, vocab_size=400, pattern=pattern)
    if options is not None:
        vocabulary = Vocabulary(len(tokenizer), tokenizer.pad_token_id, tokenizer.eos_token_id)
        save_model(make_model(vocabulary, max_positions=context, **options), tokenizer, folder)
        return folder
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=400,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        bos_token_id=None,
    )
    save_model(LlamaForCausalLM(config), tokenizer, folder)
    return folder
