"""The option matrix of a model: every design choice of the survey's sections 4.2 and 4.3 as a param.

Options that another kind needs may stay where they are, so that one `-S pretrain.model.position.kind=alibi`
is a whole variant. What does not go together is in `compatibility.py`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from components.base.config import Config, NonNegativeFloat, PositiveFloat, PositiveInt

Dtype = Literal["own", "float32", "bfloat16"]
Architecture = Literal["causal_decoder", "prefix_decoder", "encoder_decoder"]
GATED = ("swiglu", "geglu")
WIDTH_MULTIPLE = 8


class FeedForwardConfig(Config):
    """The feed-forward half of a block: one dense layer, or experts of which each token takes one or two."""

    kind: Literal["dense", "switch", "top2"] = "dense"
    """One dense layer, or a mixture of experts: each token takes one (Switch) or two (GShard)."""
    width: PositiveInt
    """Inner width of a layer without a gate; a gated one gets two thirds of it, hence as many parameters."""
    experts: Annotated[int, Field(ge=2)] = 4
    """Experts of a mixture."""
    capacity_factor: Annotated[float, Field(gt=0.0)] | None = None
    """Room of an expert in training, as a multiple of an even share; null drops no token."""
    balance_coefficient: NonNegativeFloat = 0.01
    """Weight of the loss that spreads tokens evenly over experts (Fedus et al. 2021, equation 4)."""
    router_z_coefficient: NonNegativeFloat = 0.001
    """Weight of the loss that keeps the router's logits small (Zoph et al. 2022, equation 5)."""


class NormConfig(Config):
    """Which normalisation, and where it stands around a residual branch."""

    kind: Literal["layernorm", "rmsnorm", "deepnorm"] = "rmsnorm"
    """LayerNorm, RMSNorm, or DeepNorm's scaled residual with LayerNorm."""
    position: Literal["pre", "post", "sandwich"] = "pre"
    """Before a branch, behind the sum, or before and behind the branch."""
    embedding: bool = False
    """Normalise the embeddings too (BLOOM)."""
    qk: bool = False
    """Normalise each head's queries and keys (Henry et al. 2020)."""
    eps: PositiveFloat = 1e-6
    """Added to the variance."""


class PositionConfig(Config):
    """How a token's place reaches attention."""

    kind: Literal["learned", "sinusoidal", "rope", "alibi", "t5_relative", "none"] = "rope"
    """Added to the embeddings, turned into queries and keys (RoPE), added to the scores (ALiBi, T5), or none."""
    base: PositiveFloat = 10000.0
    """RoPE: base of the wavelengths."""
    scaling: Literal["none", "linear", "yarn"] = "none"
    """RoPE: how longer texts than those trained on are read."""
    scaling_factor: Annotated[float, Field(ge=1.0)] = 1.0
    """RoPE: how many times longer texts may be than `scaling_from` positions."""
    scaling_from: PositiveInt = 256
    """RoPE: positions of the unscaled model."""
    buckets: Annotated[int, Field(ge=4)] = 32
    """T5: how many distances are told apart."""
    max_distance: Annotated[int, Field(ge=8)] = 128
    """T5: all distances from here on share a bucket."""


class AttentionConfig(Config):
    """Which earlier positions a query sees."""

    kind: Literal["full", "sliding_window", "factorized"] = "full"
    """All of them, the nearest ones, or those of two sparse patterns (Child et al. 2019)."""
    window: PositiveInt = 64
    """Sliding window: how many positions a query sees, its own included."""
    stride: Annotated[int, Field(ge=2)] = 16
    """Factorized: length of a block."""


class InitConfig(Config):
    """Random weights before the first step."""

    std: Annotated[float, Field(gt=0.0, le=1.0)]
    """Standard deviation of the normal distribution that weights are drawn from."""
    scale_by_depth: bool = False
    """Divide the weights that write to the residual stream by the square root of their number (GPT-2)."""


class ModelConfig(Config):
    """A decoder, or an encoder and a decoder of `num_layers` blocks each."""

    architecture: Architecture
    """A causal decoder, one that reads the prompt both ways, or an encoder and a decoder."""
    num_layers: PositiveInt
    """Blocks, one above the other."""
    hidden_size: PositiveInt
    """Width of the residual stream."""
    num_heads: PositiveInt
    """Query heads of an attention layer."""
    num_kv_heads: PositiveInt
    """Key and value heads: fewer than query heads is grouped-query attention, one is multi-query."""
    max_positions: PositiveInt
    """The longest text the model is for; learned positions have as many rows."""
    feed_forward: FeedForwardConfig
    """The other half of each block."""
    norm: NormConfig = NormConfig()
    """Normalisation."""
    activation: Literal["relu2", "gelu", "swiglu", "geglu"] = "swiglu"
    """Of the feed-forward layer; swiglu and geglu have a gate."""
    position: PositionConfig = PositionConfig()
    """How a token's place reaches attention."""
    attention: AttentionConfig = AttentionConfig()
    """Which positions a query sees."""
    bias: bool = False
    """Give linear layers and norms a bias."""
    tie_embeddings: bool
    """Use the embedding matrix as the output layer too."""
    init: InitConfig
    """Random weights before the first step."""

    @model_validator(mode="after")
    def _heads_divide(self) -> "ModelConfig":
        if self.hidden_size % self.num_heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of num_heads {self.num_heads}")
        if self.num_heads % self.num_kv_heads:
            raise ValueError(f"num_heads {self.num_heads} is not a multiple of num_kv_heads {self.num_kv_heads}")
        if self.position.kind in ("rope", "sinusoidal") and (self.hidden_size // self.num_heads) % 2:
            raise ValueError(f"position.kind {self.position.kind!r} needs heads of an even width")
        return self


class TransformersModelConfig(Config):
    """Any causal architecture of the transformers library, by the fields of its own config class."""

    architecture: Literal["transformers"]
    """A class of the library instead of ours."""
    config: dict[str, Any]
    """`model_type` and the class's own fields; vocabulary and special tokens are the tokenizer's."""

    @model_validator(mode="after")
    def _names_a_type(self) -> "TransformersModelConfig":
        if not isinstance(self.config.get("model_type"), str):
            raise ValueError("config.model_type is missing: a transformers model type such as 'qwen3'")
        return self


AnyModelConfig = Annotated[ModelConfig | TransformersModelConfig, Field(discriminator="architecture")]


def count_inner_width(width: int, activation: str) -> int:
    """Inner width of a feed-forward layer with as many weights as an ungated one of `width`.

    Source: Shazeer 2020, "GLU Variants Improve Transformer", section 2: a third matrix is paid for by two thirds
    of the width; here rounded up to a multiple of 8.
    """
    if activation not in GATED:
        return width
    return -(-2 * width // (3 * WIDTH_MULTIPLE)) * WIDTH_MULTIPLE


class InferenceConfig(Config):
    """How models are read wherever they answer or are measured, and are not trained."""

    dtype: Dtype = "own"
    """Of the weights: the folder's own, or another. INT8 folders stay what they are."""
    max_length: PositiveInt | None = None
    """Longest text, prompt and answer together, in tokens; null is the model's own context."""
