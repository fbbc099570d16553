"""Tiny stand-ins for what stages hand each other: a tokenizer, model folders, token shards."""

from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from components.model.capabilities import PromptForm
from components.runtime.folder import save_model
from components.shards.writer import ShardWriter
from components.tasks.config import DecontaminationConfig, SharedConfig, WordProblemsConfig
from components.tasks.run_tasks import draw_items
from components.text.tokenizer import encode_text, hash_tokenizer, save_tokenizer, train_byte_bpe

PATTERN = r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+"
SHARED = SharedConfig(
    seed=5,
    tasks={"word_problems": WordProblemsConfig(kind="word_problems", min_steps=1, max_steps=2)},
    decontamination=DecontaminationConfig(generated_items=20),
)


def make_texts(count: int = 60) -> list[str]:
    """Documents as a base model meets them."""
    solved = [item.require_solution() for item in draw_items(SHARED, "train", count, stream="corpus")]
    return [f"Question: {solution.question}\nAnswer: {solution.cot}" for solution in solved]


def make_tokenizer(vocab_size: int = 400) -> PreTrainedTokenizerFast:
    """Our byte-level BPE with the project's chat template."""
    return train_byte_bpe(make_texts(), vocab_size=vocab_size, pattern=PATTERN)


def make_model(tokenizer: PreTrainedTokenizerFast, seed: int = 0, width: int = 32) -> PreTrainedModel:
    """A random two-layer Llama with tied embeddings that speaks the tokenizer."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        initializer_range=0.1,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config).eval()


def write_model(tokenizer: PreTrainedTokenizerFast, stage: Path, seed: int = 0) -> Path:
    """`<stage>/model`, as the stage of that name leaves it; returns the stage's folder."""
    form: PromptForm = "documents" if stage.name == "pretrain" else "chat"
    save_model(make_model(tokenizer, seed), tokenizer, stage / "model", form=form)
    return stage


def write_tokens(tokenizer: PreTrainedTokenizerFast, stage: Path) -> Path:
    """The artifact of `tokens`: tokenizer, train and validation shards; returns its folder."""
    save_tokenizer(tokenizer, stage / "tokenizer")
    for split in ("train", "validation"):
        arguments = {
            "vocab_size": len(tokenizer),
            "eos_id": tokenizer.eos_token_id,
            "tokenizer_sha256": hash_tokenizer(tokenizer),
            "shard_tokens": 10_000,
        }
        with ShardWriter(stage / split, **arguments) as writer:
            for text in make_texts():
                writer.add(encode_text(tokenizer, text), len(text.encode()))
    return stage
