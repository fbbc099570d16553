"""The shape of a decoder."""

from typing import Annotated

from pydantic import Field, model_validator

from components.base.config import Config, PositiveFloat, PositiveInt


class LlamaShape(Config):
    """A causal Llama-form decoder: RMSNorm before each block, rotary positions, SwiGLU, no biases."""

    layers: PositiveInt
    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    heads: PositiveInt
    kv_heads: PositiveInt
    rope_theta: PositiveFloat
    tie_embeddings: bool
    init_std: Annotated[float, Field(gt=0.0, le=1.0)]

    @model_validator(mode="after")
    def _heads_divide(self) -> "LlamaShape":
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of heads {self.heads}")
        if self.heads % self.kv_heads:
            raise ValueError(f"heads {self.heads} is not a multiple of kv_heads {self.kv_heads}")
        return self
