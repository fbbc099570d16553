"""How large a model is, by its configuration alone: what memory it takes is arithmetic, without torch.

Widths are those of one token: C of the residual stream, Q of its queries, K of its keys (and of its values), W inside
the feed-forward layer.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from components.base.files import read_json
from components.model.config import AnyModelConfig, ModelConfig, TransformersModelConfig, count_inner_width

DTYPE_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I8": 1, "U8": 1}
"""As safetensors names them."""
WIDTH_FIELDS = ("hidden_size", "n_embd", "d_model")
LAYER_FIELDS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
HEAD_FIELDS = ("num_attention_heads", "n_head", "n_heads")
INNER_FIELDS = ("intermediate_size", "n_inner", "ffn_dim")
UNGATED = ("gpt2", "gpt_neox", "bloom", "opt", "phi", "gptj", "codegen", "gpt_bigcode", "falcon", "mpt")
"""Model types of transformers whose feed-forward layer has no gate."""
GATED_MATRICES, PLAIN_MATRICES = 3, 2


@dataclass(frozen=True)
class ModelSize:
    """What memory depends on."""

    parameters: int
    """Distinct ones."""
    layers: int
    width: int
    query_width: int
    key_width: int
    inner_width: int
    """Of all experts that a token goes through."""
    gated: bool
    vocabulary: int
    context: int
    stored_bytes: int
    """Of one weight, as the model is stored."""
    own: bool
    """Whether it is trained as a class of ours, whose loss makes no logits."""


def measure_config(cfg: AnyModelConfig, vocabulary: int) -> ModelSize | None:
    """The size of a model of random weights; None for an architecture whose fields are not all told."""
    match cfg:
        case ModelConfig():
            return _measure_own(cfg, vocabulary)
        case TransformersModelConfig():
            return _read_fields({**cfg.config, "vocab_size": vocabulary}, stored_bytes=4)
        case _:
            assert_never(cfg)


def read_size(folder: Path) -> ModelSize | None:
    """The size of a model folder; None where there is none yet, or its config.json has other names for its widths."""
    if not (folder / "config.json").is_file():
        return None
    fields = read_json(folder / "config.json")
    parameters, stored_bytes = _count_stored(folder)
    return _read_fields(fields, stored_bytes=stored_bytes or 4, parameters=parameters)


def _measure_own(cfg: ModelConfig, vocabulary: int) -> ModelSize:
    width, inner = cfg.hidden_size, count_inner_width(cfg.feed_forward.width, cfg.activation)
    key_width = width // cfg.num_heads * cfg.num_kv_heads
    gated = cfg.activation in ("swiglu", "geglu")
    sparse = cfg.feed_forward.kind != "dense"
    experts, chosen = (cfg.feed_forward.experts, 2 if cfg.feed_forward.kind == "top2" else 1) if sparse else (1, 1)
    both = cfg.architecture == "encoder_decoder"
    attention = 2 * width * (width + key_width)
    forward = experts * (GATED_MATRICES if gated else PLAIN_MATRICES) * width * inner + (
        experts * width if sparse else 0
    )
    blocks = cfg.num_layers * (attention + forward) * (2 if both else 1) + (cfg.num_layers * attention if both else 0)
    learned = cfg.max_positions * width if cfg.position.kind == "learned" else 0
    embeddings = vocabulary * width * (1 if cfg.tie_embeddings else 2) + learned
    return ModelSize(
        parameters=blocks + embeddings + 2 * cfg.num_layers * width,
        layers=cfg.num_layers * (2 if both else 1),
        width=width,
        query_width=width,
        key_width=key_width,
        inner_width=inner * chosen,
        gated=gated,
        vocabulary=vocabulary,
        context=cfg.max_positions,
        stored_bytes=4,
        own=True,
    )


def _read_fields(fields: Mapping[str, Any], *, stored_bytes: int, parameters: int | None = None) -> ModelSize | None:
    """By the names that families give their fields in config.json."""
    text = fields.get("text_config") or fields
    width, layers, heads = (_find(text, names) for names in (WIDTH_FIELDS, LAYER_FIELDS, HEAD_FIELDS))
    vocabulary = text.get("vocab_size")
    if not (width and layers and heads and vocabulary):
        return None
    inner = _find(text, INNER_FIELDS) or 4 * width
    head = text.get("head_dim") or width // heads
    query_width, key_width = head * heads, head * (text.get("num_key_value_heads") or heads)
    gated = text.get("model_type") not in UNGATED
    if parameters is None:
        matrices = (GATED_MATRICES if gated else PLAIN_MATRICES) * width * inner * (text.get("num_local_experts") or 1)
        layer = 2 * width * (query_width + key_width) + matrices + 2 * width
        parameters = layers * layer + vocabulary * width * (1 if text.get("tie_word_embeddings", not gated) else 2)
    return ModelSize(
        parameters=parameters,
        layers=layers,
        width=width,
        query_width=query_width,
        key_width=key_width,
        inner_width=inner * (text.get("num_experts_per_tok") or 1),
        gated=gated,
        vocabulary=vocabulary,
        context=_find(text, ("max_position_embeddings", "n_positions")) or 2048,
        stored_bytes=stored_bytes,
        own=text.get("model_type") in ("llama", "gpt2", "bloom", "mixtral", "ontogeny_decoder"),
    )


def _find(fields: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    return next((int(fields[name]) for name in names if isinstance(fields.get(name), int)), None)


def _count_stored(folder: Path) -> tuple[int | None, int | None]:
    """Weights in a folder's safetensors files and the bytes of most of them, read off the files' heads."""
    counts: dict[int, int] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            head = json.loads(file.read(length))
        for name, tensor in head.items():
            if name != "__metadata__":
                size = DTYPE_BYTES.get(tensor["dtype"], 4)
                entries = 1
                for edge in tensor["shape"]:
                    entries *= edge
                counts[size] = counts.get(size, 0) + entries
    if not counts:
        return None, None
    return sum(counts.values()), max(counts, key=lambda size: counts[size])
