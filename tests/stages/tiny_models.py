"""A tokenizer and a random model small enough for a stage to run in seconds."""

from pathlib import Path
from random import Random

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.base.config import SharedConfig
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.problems.formats import render_document
from components.problems.generator import generate_problems
from components.runtime.folder import save_model
from components.text.tokenizer import train_byte_bpe

PARAMS = Path(__file__).parents[2] / "params.yaml"


def read_shared() -> SharedConfig:
    shared: SharedConfig = validate(SharedConfig, read_yaml(PARAMS)["shared"], where="shared")
    return shared


def write_tiny_model(folder: Path, *, width: int = 32, context: int = 256) -> Path:
    """A random two-layer Llama and a tokenizer trained on a few problems, as a stage would leave them."""
    rng = Random(0)
    problems = generate_problems(read_shared().word_problems, "corpus", 100)
    pattern = read_yaml(PARAMS)["tokens"]["pattern"]
    tokenizer = train_byte_bpe(
        [render_document(p, rng, worked_share=0.5) for p in problems], vocab_size=400, pattern=pattern
    )
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
