"""The dense feed-forward half of a block."""

from torch import Tensor, nn
from torch.nn.functional import gelu, relu

from components.model.config import GATED
from components.model.families import OntogenyDecoderConfig
from components.model.kernels import swiglu


def activate(x: Tensor, activation: str) -> Tensor:
    """Apply the activation; gated kinds read gate and value side by side in the last dimension and halve it.

    GELU is the tanh form (Hendrycks & Gimpel 2016) everywhere, as in GPT-2, BLOOM and T5 v1.1; ReLU squared is
    of So et al. 2021 (Primer).
    """
    match activation:
        case "swiglu":
            return swiglu(x)
        case "geglu":
            gate, value = x.chunk(2, dim=-1)
            return gelu(gate, approximate="tanh") * value
        case "relu2":
            return relu(x).square()
        case _:
            return gelu(x, approximate="tanh")


class FeedForward(nn.Module):
    """Two matrices, or three with gate and value in one."""

    def __init__(self, config: OntogenyDecoderConfig) -> None:
        super().__init__()
        self.activation = config.activation
        parts = 2 if config.activation in GATED else 1
        self.up = nn.Linear(config.hidden_size, parts * config.intermediate_size, bias=config.use_bias)
        self.down = nn.Linear(config.intermediate_size, config.hidden_size, bias=config.use_bias)

    def forward(self, x_BTC: Tensor) -> Tensor:
        """Map each position on its own."""
        return self.down(activate(self.up(x_BTC), self.activation))  # type: ignore[no-any-return]
