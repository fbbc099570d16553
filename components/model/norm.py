"""Normalisation layers and DeepNorm's constants."""

from typing import NamedTuple

from torch import Tensor, nn

from components.model.families import OntogenyDecoderConfig
from components.model.kernels import rms_norm


def build_norm(config: OntogenyDecoderConfig, width: int) -> nn.Module:
    """RMSNorm (Zhang & Sennrich 2019) or LayerNorm (Ba et al. 2016); DeepNorm's own layer is a LayerNorm."""
    if config.norm_kind == "rmsnorm":
        return RMSNorm(width, eps=config.norm_eps)
    return nn.LayerNorm(width, eps=config.norm_eps, bias=config.use_bias)


class RMSNorm(nn.RMSNorm):
    """PyTorch's RMSNorm with a quicker way back."""

    def forward(self, x: Tensor) -> Tensor:
        """Same shape and dtype as x."""
        assert self.weight is not None
        assert self.eps is not None
        return rms_norm(x, self.weight, self.eps)


class DeepNormScale(NamedTuple):
    """`alpha` multiplies the residual stream, `beta` is the gain of some weights' initialisation."""

    alpha: float
    beta: float


def deepnorm_scale(*, encoder_layers: int, decoder_layers: int, is_decoder: bool) -> DeepNormScale:
    """Constants by depth: Wang et al. 2022, "DeepNet" (arXiv 2203.00555), table of figure 2.

    A decoder-only model has no encoder layers. N counts encoder layers and M decoder layers.
    """
    n, m = encoder_layers, decoder_layers
    if n == 0:
        return DeepNormScale((2 * m) ** 0.25, (8 * m) ** -0.25)
    if not is_decoder:
        return DeepNormScale(0.81 * (n**4 * m) ** (1 / 16), 0.87 * (n**4 * m) ** (-1 / 16))
    return DeepNormScale((3 * m) ** 0.25, (12 * m) ** -0.25)
