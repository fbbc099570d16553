"""The option matrix of a model: every design choice of the survey's sections 4.2 and 4.3 as a param.

Options that another kind needs may stay where they are, so that one `-S pretrain.model.position.kind=alibi`
is a whole variant. What does not go together is in `compatibility.py`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from components.base.config import Config, NonNegativeFloat, PositiveFloat, PositiveInt

Architecture = Literal["causal_decoder", "prefix_decoder", "encoder_decoder"]
GATED = ("swiglu", "geglu")
WIDTH_MULTIPLE = 8


class FeedForwardShape(Config):
    """The feed-forward half of a block: one dense layer, or experts of which each token takes one or two."""

    kind: Literal["dense", "switch", "top2"] = "dense"
    width: PositiveInt
    """Inner width of a layer without a gate; a gated one gets two thirds of it, hence as many parameters."""
    experts: Annotated[int, Field(ge=2)] = 4
    capacity_factor: Annotated[float, Field(gt=0.0)] | None = None
    """Room of an expert in training, as a multiple of an even share; null drops no token."""
    balance_coefficient: NonNegativeFloat = 0.01
    router_z_coefficient: NonNegativeFloat = 0.001


class NormShape(Config):
    """Which normalisation, and where it stands around a residual branch."""

    kind: Literal["layernorm", "rmsnorm", "deepnorm"] = "rmsnorm"
    position: Literal["pre", "post", "sandwich"] = "pre"
    embedding: bool = False
    qk: bool = False
    eps: PositiveFloat = 1e-6


class PositionShape(Config):
    """How a token's place reaches attention."""

    kind: Literal["learned", "sinusoidal", "rope", "alibi", "t5_relative", "none"] = "rope"
    base: PositiveFloat = 10000.0
    scaling: Literal["none", "linear", "yarn"] = "none"
    scaling_factor: Annotated[float, Field(ge=1.0)] = 1.0
    """RoPE: how many times longer texts may be than `scaling_from` positions."""
    scaling_from: PositiveInt = 256
    buckets: Annotated[int, Field(ge=4)] = 32
    max_distance: Annotated[int, Field(ge=8)] = 128


class AttentionShape(Config):
    """Which earlier positions a query sees."""

    kind: Literal["full", "sliding_window", "factorized"] = "full"
    window: PositiveInt = 64
    stride: Annotated[int, Field(ge=2)] = 16


class InitShape(Config):
    """Random weights before the first step."""

    std: Annotated[float, Field(gt=0.0, le=1.0)]
    scale_by_depth: bool = False
    """Divide the weights that write to the residual stream by the square root of their number (GPT-2)."""


class ModelShape(Config):
    """A decoder, or an encoder and a decoder of `num_layers` blocks each."""

    architecture: Architecture
    num_layers: PositiveInt
    hidden_size: PositiveInt
    num_heads: PositiveInt
    num_kv_heads: PositiveInt
    max_positions: PositiveInt
    """The longest text the model is for; learned positions have as many rows."""
    feed_forward: FeedForwardShape
    norm: NormShape = NormShape()
    activation: Literal["relu2", "gelu", "swiglu", "geglu"] = "swiglu"
    position: PositionShape = PositionShape()
    attention: AttentionShape = AttentionShape()
    bias: bool = False
    tie_embeddings: bool
    init: InitShape

    @model_validator(mode="after")
    def _heads_divide(self) -> "ModelShape":
        if self.hidden_size % self.num_heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of num_heads {self.num_heads}")
        if self.num_heads % self.num_kv_heads:
            raise ValueError(f"num_heads {self.num_heads} is not a multiple of num_kv_heads {self.num_kv_heads}")
        if self.position.kind in ("rope", "sinusoidal") and (self.hidden_size // self.num_heads) % 2:
            raise ValueError(f"position.kind {self.position.kind!r} needs heads of an even width")
        return self


class TransformersShape(Config):
    """Any causal architecture of the transformers library, by the fields of its own config class."""

    architecture: Literal["transformers"]
    config: dict[str, Any]
    """`model_type` and the class's own fields; vocabulary and special tokens are the tokenizer's."""

    @model_validator(mode="after")
    def _names_a_type(self) -> "TransformersShape":
        if not isinstance(self.config.get("model_type"), str):
            raise ValueError("config.model_type is missing: a transformers model type such as 'qwen3'")
        return self


AnyModelShape = Annotated[ModelShape | TransformersShape, Field(discriminator="architecture")]


def count_inner_width(width: int, activation: str) -> int:
    """Inner width of a feed-forward layer with as many weights as an ungated one of `width`.

    Source: Shazeer 2020, "GLU Variants Improve Transformer", section 2: a third matrix is paid for by two thirds
    of the width; here rounded up to a multiple of 8.
    """
    if activation not in GATED:
        return width
    return -(-2 * width // (3 * WIDTH_MULTIPLE)) * WIDTH_MULTIPLE
