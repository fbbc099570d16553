"""The two families' configurations, as transformers keeps them in config.json."""

from typing import Any

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig

from components.model.config import ModelShape, count_inner_width


@strict
class OntogenyDecoderConfig(PreTrainedConfig):  # type: ignore[misc]
    """A decoder-only model: causal, or non-causal over a prefix."""

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


def describe_shape(shape: ModelShape, *, vocab_size: int) -> OntogenyDecoderConfig:
    """The family's configuration of a shape."""
    fields: dict[str, Any] = {
        "vocab_size": vocab_size,
        "hidden_size": shape.hidden_size,
        "intermediate_size": count_inner_width(shape.feed_forward.width, shape.activation),
        "num_hidden_layers": shape.num_layers,
        "num_attention_heads": shape.num_heads,
        "num_key_value_heads": shape.num_kv_heads,
        "max_position_embeddings": shape.max_positions,
        "prefix_attention": shape.architecture == "prefix_decoder",
        "feed_forward_kind": shape.feed_forward.kind,
        "num_experts": shape.feed_forward.experts,
        "capacity_factor": shape.feed_forward.capacity_factor,
        "balance_coefficient": shape.feed_forward.balance_coefficient,
        "router_z_coefficient": shape.feed_forward.router_z_coefficient,
        "norm_kind": shape.norm.kind,
        "norm_position": shape.norm.position,
        "norm_embedding": shape.norm.embedding,
        "norm_qk": shape.norm.qk,
        "norm_eps": shape.norm.eps,
        "activation": shape.activation,
        "position_kind": shape.position.kind,
        "rope_base": shape.position.base,
        "rope_scaling_kind": shape.position.scaling,
        "rope_scaling_factor": shape.position.scaling_factor,
        "rope_scaling_from": shape.position.scaling_from,
        "relative_buckets": shape.position.buckets,
        "relative_max_distance": shape.position.max_distance,
        "attention_kind": shape.attention.kind,
        "attention_window": shape.attention.window,
        "attention_stride": shape.attention.stride,
        "use_bias": shape.bias,
        "initializer_range": shape.init.std,
        "depth_scaled_init": shape.init.scale_by_depth,
        "tie_word_embeddings": shape.tie_embeddings,
    }
    if shape.architecture == "encoder_decoder":
        return OntogenyEncoderDecoderConfig(**fields)
    return OntogenyDecoderConfig(**fields)
