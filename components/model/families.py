"""The two families' configurations, as transformers keeps them in config.json."""

from collections.abc import Iterator
from typing import Any

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig

from components.model.config import ModelConfig, count_inner_width


@strict
class OntogenyDecoderConfig(PreTrainedConfig):  # type: ignore[misc]
    """A decoder-only model: causal, or non-causal over a prefix.

    A field's default is what a model without the option does: by it, an export as another architecture knows that an
    option is not in use.
    """

    model_type = "ontogeny_decoder"
    keys_to_ignore_at_inference = ["past_key_values"]  # noqa: RUF012  # the library's own way to say it

    vocab_size: int = 1024
    hidden_size: int = 128
    intermediate_size: int = 384
    num_hidden_layers: int = 4
    num_attention_heads: int = 4
    num_key_value_heads: int = 4
    max_position_embeddings: int = 512
    prefix_attention: bool = False
    feed_forward_kind: str = "dense"
    num_experts: int = 4
    capacity_factor: float | int | None = None
    balance_coefficient: float | int = 0.01
    router_z_coefficient: float | int = 0.001
    norm_kind: str = "rmsnorm"
    norm_position: str = "pre"
    norm_embedding: bool = False
    norm_qk: bool = False
    norm_eps: float = 1e-6
    activation: str = "swiglu"
    position_kind: str = "rope"
    rope_base: float | int = 10000.0
    rope_scaling_kind: str = "none"
    rope_scaling_factor: float | int = 1.0
    rope_scaling_from: int = 256
    relative_buckets: int = 32
    relative_max_distance: int = 128
    attention_kind: str = "full"
    attention_window: int = 64
    attention_stride: int = 16
    use_bias: bool = False
    initializer_range: float = 0.02
    depth_scaled_init: bool = False
    tie_word_embeddings: bool = True
    use_cache: bool = True
    pad_token_id: int | None = None
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = None


@strict
class OntogenyEncoderDecoderConfig(OntogenyDecoderConfig):
    """An encoder and a decoder with cross attention; the layer count is that of each."""

    model_type = "ontogeny_encoder_decoder"
    is_encoder_decoder: bool = True
    decoder_start_token_id: int | None = None


FIELD_NAMES = {
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "num_kv_heads": "num_key_value_heads",
    "max_positions": "max_position_embeddings",
    "feed_forward.experts": "num_experts",
    "feed_forward.capacity_factor": "capacity_factor",
    "feed_forward.balance_coefficient": "balance_coefficient",
    "feed_forward.router_z_coefficient": "router_z_coefficient",
    "position.base": "rope_base",
    "position.scaling": "rope_scaling_kind",
    "position.scaling_factor": "rope_scaling_factor",
    "position.scaling_from": "rope_scaling_from",
    "position.buckets": "relative_buckets",
    "position.max_distance": "relative_max_distance",
    "bias": "use_bias",
    "init.std": "initializer_range",
    "init.scale_by_depth": "depth_scaled_init",
    "tie_embeddings": "tie_word_embeddings",
}
"""Fields of config.json that are called otherwise than their param; any other param `a.b` is the field `a_b`."""
DERIVED = ("architecture", "feed_forward.width")
"""Params that become other fields' values."""


def describe_model(cfg: ModelConfig, *, vocab_size: int) -> OntogenyDecoderConfig:
    """The family's configuration of what params.yaml says."""
    params = {path: value for path, value in _flatten(cfg.model_dump()) if path not in DERIVED}
    fields = {FIELD_NAMES.get(path, path.replace(".", "_")): value for path, value in params.items()}
    fields["intermediate_size"] = count_inner_width(cfg.feed_forward.width, cfg.activation)
    fields["prefix_attention"] = cfg.architecture == "prefix_decoder"
    family = OntogenyEncoderDecoderConfig if cfg.architecture == "encoder_decoder" else OntogenyDecoderConfig
    return family(vocab_size=vocab_size, **fields)


def list_options(config: OntogenyDecoderConfig) -> dict[str, Any]:
    """Every field that bears on what this model computes, with its value.

    Left out are those that another choice leaves without effect, and those that only training reads.
    """
    names = {name: getattr(config, name) for name in OntogenyDecoderConfig.__annotations__ if name not in UNREAD}
    idle = {name for name, (choice, values) in EFFECTIVE_WITH.items() if names[choice] not in values}
    return {name: value for name, value in names.items() if name not in idle}


UNREAD = (
    *("model_type", "use_cache", "pad_token_id", "bos_token_id", "eos_token_id"),
    *("initializer_range", "depth_scaled_init"),
    *("capacity_factor", "balance_coefficient", "router_z_coefficient"),
)
"""Fields that the forward pass of a finished model does not read."""
ROTARY, SPARSE = ("position_kind", ("rope",)), ("feed_forward_kind", ("switch", "top2"))
EFFECTIVE_WITH: dict[str, tuple[str, tuple[str, ...]]] = {
    "num_experts": SPARSE,
    "rope_base": ("position_kind", ("rope", "sinusoidal")),
    "rope_scaling_kind": ROTARY,
    "rope_scaling_factor": ROTARY,
    "rope_scaling_from": ROTARY,
    "relative_buckets": ("position_kind", ("t5_relative",)),
    "relative_max_distance": ("position_kind", ("t5_relative",)),
    "attention_window": ("attention_kind", ("sliding_window",)),
    "attention_stride": ("attention_kind", ("factorized",)),
}
"""Fields that have an effect only beside certain values of another."""


def _flatten(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
