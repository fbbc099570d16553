"""What may be asked of any model: its layers, how long a text may be, what ends one, and who sees what.

Families name these facts differently; they are read here and nowhere else.
"""

from typing import Any, Literal

from torch import nn

from components.base.errors import ArtifactError

Reach = tuple[Literal["full", "window", "chunk"], int]
"""How far back a layer sees: everything, the last so many positions with oneself, or its own chunk of so many."""
PromptForm = Literal["chat", "documents"]
"""Turns of a conversation, or a text that lacks its end."""

CONTEXT_FIELDS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length")
UNBOUNDED = 1 << 20
"""The context of a model that names none, as recurrent ones do; it costs nothing, for memory grows with texts."""
WINDOW_FIELDS = ("sliding_window", "attention_chunk_size", "attention_window")
"""Windows that the engine's masks honour, and that of our own classes, which cut any mask they are given by it."""
LAYER_LISTS = ("layers", "h", "block", "blocks")
"""Names under which families keep the layers of a stack, ours among them; an encoder and a decoder have one each."""


def find_layers(model: nn.Module) -> list[nn.Module]:
    """The layers of the model's stacks, in the order in which they run.

    Raises ArtifactError for a model that keeps them under no name that is known: guessing would shard the wrong part.
    """
    stacks: dict[str, nn.ModuleList] = {}
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{stack}.") for stack in stacks)
        if isinstance(module, nn.ModuleList) and name.rpartition(".")[2] in LAYER_LISTS and not inside:
            stacks[name] = module
    if not stacks:
        raise ArtifactError(
            f"{type(model).__name__}: no list of layers under the names {', '.join(LAYER_LISTS)}, so its layers "
            "cannot be told"
        )
    return [layer for stack in stacks.values() for layer in stack]


def read_context(config: Any) -> int:
    """The longest text, prompt and answer together."""
    text = config.get_text_config(decoder=True)
    for name in CONTEXT_FIELDS:
        value = getattr(text, name, None)
        if isinstance(value, int) and value > 0:
            return value
    return UNBOUNDED


def limit_context(config: Any, max_length: int | None) -> int:
    """The longest text that is asked of a model: its own context, or less where the params say so."""
    context = read_context(config)
    return context if max_length is None else min(context, max_length)


def reads_beyond_context(config: Any) -> bool:
    """Whether positions are computed rather than looked up, so that a longer text has positions too."""
    text = config.get_text_config(decoder=True)
    own = getattr(text, "position_kind", None)
    if own is not None:
        return bool(own != "learned")
    computed = any(getattr(text, name, None) for name in ("rope_parameters", "alibi"))
    return computed or read_context(config) == UNBOUNDED


def is_encoder_decoder(config: Any) -> bool:
    """Whether a source is read by an encoder, and the answer written by a decoder of its own."""
    return bool(config.is_encoder_decoder)


def read_end_ids(model: Any) -> tuple[int, ...]:
    """The end tokens that travel with a model, in its generation config; none when it names none."""
    declared = model.generation_config.eos_token_id
    if declared is None:
        return ()
    return (int(declared),) if isinstance(declared, int) else tuple(int(token) for token in declared)


def reads_prefix(config: Any) -> bool:
    """Whether the prompt is read in both directions."""
    return bool(getattr(config, "prefix_attention", False))


def read_prompt_form(config: Any) -> PromptForm:
    """How the model is asked: in turns of a chat, unless its folder says that it has only read documents."""
    return "documents" if getattr(config, "prompt_form", None) == "documents" else "chat"


def read_reach(config: Any) -> Reach | dict[str, Reach]:
    """How far back layers see: one reach for all, or one for each kind of layer, where the model takes masks so."""
    text = config.get_text_config(decoder=True)
    window = _read_window(text)
    kinds = set(getattr(text, "layer_types", None) or ())
    if not kinds - {"full_attention"}:
        return ("full", 0) if kinds or window is None else ("window", window)
    chunk = getattr(text, "attention_chunk_size", None)
    reach: dict[str, Reach] = {"full_attention": ("full", 0)}
    if window is not None:
        reach["sliding_attention"] = ("window", window)
    if chunk is not None:
        reach["chunked_attention"] = ("chunk", int(chunk))
    return reach


def find_unknown_window(config: Any) -> int | None:
    """The widest window under a name that the engine's masks do not know; such a model hides keys by itself."""
    text = config.get_text_config(decoder=True)
    found = [
        value
        for name, value in vars(text).items()
        if "window" in name and name not in WINDOW_FIELDS and type(value) is int and not name.startswith("max_window")
    ]
    return max(found, default=None)


def find_rotary_switch(config: Any) -> int | None:
    """The length beyond which rotary angles are others, for every token of the longest text of a batch.

    LongRoPE has two tables (Ding et al. 2024); dynamic NTK stretches with the text, but only beyond the context.
    """
    text = config.get_text_config(decoder=True)
    scaling = getattr(text, "rope_parameters", None) or {}
    for rope in (scaling, *(inner for inner in scaling.values() if isinstance(inner, dict))):
        if rope.get("rope_type") == "longrope":
            original = rope.get("original_max_position_embeddings")
            return int(original or getattr(text, "original_max_position_embeddings", None) or read_context(config))
    return None


def _read_window(text: Any) -> int | None:
    window = getattr(text, "sliding_window", None)
    return int(window) if window is not None and getattr(text, "use_sliding_window", True) else None
