"""Tiny folders in the form of public models: each family's own rules of cutting text, template, tokens and ends.

Weights are random and the vocabularies small; what the rules say stands as the families publish it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModelForCausalLM

from tests.public_templates import TEMPLATES

LLAMA_3_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
    r"\s+(?!\S)|\s+"
)
QWEN_WORDS = LLAMA_3_WORDS.replace(r"\p{N}{1,3}", r"\p{N}")
TEXTS = [f"What is {a} + {b}? The answer is {a + b}.\nHello, how are you today?" for a in range(9) for b in range(9)]


@dataclass(frozen=True)
class Family:
    """How a public model's folder is made up."""

    model_type: str
    """The architecture's name in transformers."""
    rules: Callable[[], Tokenizer]
    """An untrained tokenizer with the family's normaliser, pre-tokeniser and decoder."""
    special: tuple[str, ...]
    """Special tokens in the order of their ids."""
    roles: dict[str, str]
    """Which of them begins, ends, pads and stands for the unknown."""
    ends: tuple[str, ...]
    """What the published generation config names as end tokens."""
    template: str | None = None
    """Name of its template; None for a base model."""
    tokenizer_class: str = "PreTrainedTokenizerFast"
    """What tokenizer_config.json names."""
    begins: bool = False
    """Whether the tokenizer puts its beginning token before every text."""
    stripped: bool = False
    """Whether special tokens swallow the white space behind them."""
    config: dict[str, Any] = field(default_factory=dict)
    """Of the model, besides its size."""


def write_family(name: str, folder: Path, *, texts: list[str] | None = None) -> Path:
    """The family's folder, as people have it: weights, config, generation config, tokenizer and template."""
    family = FAMILIES[name]
    backend = train_rules(family, TEXTS if texts is None else texts)
    folder.mkdir(parents=True, exist_ok=True)
    backend.save(str(folder / "tokenizer.json"))
    settings: dict[str, Any] = {"tokenizer_class": family.tokenizer_class, "clean_up_tokenization_spaces": False}
    settings |= {"model_max_length": 1 << 17, **family.roles}
    if family.begins:
        settings |= {"add_bos_token": True, "add_eos_token": False}
    if family.template:
        settings["chat_template"] = TEMPLATES[family.template]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(make_config(family, backend.get_vocab_size()))
    ends = [backend.token_to_id(token) for token in family.ends]
    model.generation_config.eos_token_id = ends if len(ends) > 1 else ends[0]
    model.generation_config._from_model_config = False
    model.save_pretrained(folder)
    return folder


def train_rules(family: Family, texts: list[str]) -> Tokenizer:
    """A small vocabulary under the family's rules; special tokens come first, as in SentencePiece, or last."""
    backend = family.rules()
    byte_level = not backend.model.byte_fallback
    first = [] if byte_level else list(family.special[:4])
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=first + ([] if byte_level else [f"<0x{byte:02X}>" for byte in range(256)]),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()) if byte_level else [],
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    if not byte_level:  # bytes are pieces like any other, not tokens that people could write
        made = json.loads(backend.to_str())
        made["added_tokens"] = []
        backend = Tokenizer.from_str(json.dumps(made))
    # As Phi's folder has it: what a document begins and ends with strips nothing.
    roles = set(family.roles.values())
    backend.add_special_tokens(
        [
            AddedToken(token, special=True, normalized=False, rstrip=family.stripped and token not in roles)
            for token in family.special
        ]
    )
    if family.begins:
        begin = family.roles["bos_token"]
        backend.post_processor = processors.TemplateProcessing(
            single=f"{begin} $A",
            pair=f"{begin} $A {begin}:1 $B:1",
            special_tokens=[(begin, backend.token_to_id(begin))],
        )
    return backend


def make_config(family: Family, vocabulary: int) -> Any:
    """Two layers, 32 wide, in the names that the family has for it."""
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    shape |= {"num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512}
    if family.model_type == "gpt2":
        shape = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512}
    if family.model_type == "gpt_neox":
        del shape["num_key_value_heads"], shape["head_dim"]
    return AutoConfig.for_model(family.model_type, vocab_size=vocabulary, **shape, **family.config)


def _byte_level(words: str | None, normalizer: Any = None) -> Tokenizer:
    backend = Tokenizer(models.BPE(ignore_merges=words == LLAMA_3_WORDS))
    if normalizer is not None:
        backend.normalizer = normalizer
    levels: list[Any] = [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=words is None)]
    if words is not None:
        levels.insert(0, pre_tokenizers.Split(Regex(words), behavior="isolated"))
    backend.pre_tokenizer = pre_tokenizers.Sequence(levels) if len(levels) > 1 else levels[0]
    backend.decoder = decoders.ByteLevel()
    return backend


def _digits_alone() -> Tokenizer:
    backend = _byte_level(None)
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return backend


def _sentence_pieces(*, prefix: bool) -> Tokenizer:
    """SentencePiece's BPE with bytes to fall back on; Llama 2 and Mistral put a space before a text, Gemma does not."""
    backend = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    spaces = normalizers.Replace(" ", "▁")
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if prefix else spaces
    if not prefix:
        backend.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    steps: list[Any] = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    backend.decoder = decoders.Sequence([*steps, *([decoders.Strip(" ", 1, 0)] if prefix else [])])
    return backend


def _llama_2() -> Tokenizer:
    return _sentence_pieces(prefix=True)


S = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
IM = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
HEADERS = ("<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>")
FAMILIES = {
    "Llama 3": Family(
        "llama",
        lambda: _byte_level(LLAMA_3_WORDS),
        ("<|begin_of_text|>", "<|end_of_text|>", *HEADERS),
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
        ("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"),
        template="Llama 3.2",
        begins=True,
        config={"tie_word_embeddings": True},
    ),
    "Llama 2": Family(
        "llama",
        _llama_2,
        ("<unk>", "<s>", "</s>"),
        S,
        ("</s>",),
        template="Llama 2",
        tokenizer_class="LlamaTokenizer",
        begins=True,
    ),
    "GPT-2": Family(
        "gpt2",
        lambda: _byte_level(None),
        ("<|endoftext|>",),
        dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>"),
        ("<|endoftext|>",),
        tokenizer_class="GPT2Tokenizer",
    ),
    "Qwen": Family(
        "qwen2",
        lambda: _byte_level(QWEN_WORDS, normalizers.NFC()),
        IM,
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
        ("<|im_end|>", "<|endoftext|>"),
        template="Qwen 2.5",
        tokenizer_class="Qwen2Tokenizer",
        config={"tie_word_embeddings": True},
    ),
    "Gemma": Family(
        "gemma",
        lambda: _sentence_pieces(prefix=False),
        ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"),
        {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"},
        ("<eos>", "<end_of_turn>"),
        template="Gemma",
        tokenizer_class="GemmaTokenizer",
        begins=True,
        config={"tie_word_embeddings": True},
    ),
    "Mistral": Family(
        "mistral",
        _llama_2,
        ("<unk>", "<s>", "</s>", "[INST]", "[/INST]"),
        S,
        ("</s>",),
        template="Mistral",
        tokenizer_class="LlamaTokenizer",
        begins=True,
        config={"sliding_window": 48},
    ),
    "Phi": Family(
        "phi3",
        _llama_2,
        ("<unk>", "<s>", "</s>", "<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"),
        {"bos_token": "<s>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "unk_token": "<unk>"},
        ("<|endoftext|>", "<|assistant|>", "<|end|>"),
        template="Phi 3",
        tokenizer_class="LlamaTokenizer",
        stripped=True,
        config={"pad_token_id": 0, "eos_token_id": 2, "bos_token_id": 1},
    ),
    "GPT-NeoX": Family(
        "gpt_neox",
        lambda: _byte_level(None, normalizers.NFC()),
        ("<|endoftext|>", "<|padding|>"),
        dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>"),
        ("<|endoftext|>",),
        tokenizer_class="GPTNeoXTokenizer",
    ),
    "SmolLM": Family(
        "llama",
        _digits_alone,
        IM,
        {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"},
        ("<|im_end|>",),
        template="SmolLM 2",
        tokenizer_class="GPT2Tokenizer",
        config={"tie_word_embeddings": True},
    ),
}
