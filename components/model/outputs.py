"""What forward passes return beside hidden states."""

from dataclasses import dataclass

from torch import Tensor
from transformers.modeling_outputs import BaseModelOutput, BaseModelOutputWithPast, Seq2SeqModelOutput


@dataclass
class DecoderOutput(BaseModelOutputWithPast):  # type: ignore[misc]
    """Hidden states, cache, and the router losses summed over layers [2]."""

    router_losses: Tensor | None = None


@dataclass
class EncoderOutput(BaseModelOutput):  # type: ignore[misc]
    """Hidden states, and the router losses summed over layers [2]."""

    router_losses: Tensor | None = None


@dataclass
class EncoderDecoderOutput(Seq2SeqModelOutput):  # type: ignore[misc]
    """Hidden states of both sides, cache, and the router losses summed over both [2]."""

    router_losses: Tensor | None = None
