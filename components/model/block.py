"""One transformer block: residual branches under any of the normalisation positions."""

from torch import Tensor, nn
from transformers import Cache, EncoderDecoderCache
from transformers.modeling_layers import GradientCheckpointingLayer

from components.model.attention import CrossAttention, SelfAttention, Surroundings
from components.model.experts import MixtureOfExperts
from components.model.families import OntogenyDecoderConfig
from components.model.feed_forward import FeedForward
from components.model.norm import DeepNormScale, build_norm, deepnorm_scale


class Residual(nn.Module):
    """The norms around one branch.

    pre: x + f(norm(x)); post: norm(x + f(x)); sandwich: x + norm(f(norm(x))) (CogView, Ding et al. 2021);
    DeepNorm: norm(alpha x + f(x)).
    """

    def __init__(self, config: OntogenyDecoderConfig, alpha: float) -> None:
        super().__init__()
        self.position, self.alpha = config.norm_position, alpha
        self.norm = build_norm(config, config.hidden_size)
        self.after = build_norm(config, config.hidden_size) if config.norm_position == "sandwich" else None

    def enter(self, x: Tensor) -> Tensor:
        """What the branch reads."""
        return x if self.position == "post" else self.norm(x)

    def leave(self, x: Tensor, y: Tensor) -> Tensor:
        """The residual stream after the branch gave y."""
        if self.position == "post":
            return self.norm(x * self.alpha + y if self.alpha != 1.0 else x + y)  # type: ignore[no-any-return]
        return x + (y if self.after is None else self.after(y))


class Block(GradientCheckpointingLayer):  # type: ignore[misc]
    """Self attention, cross attention in the decoder of a pair, feed-forward."""

    def __init__(self, config: OntogenyDecoderConfig, layer: int, *, part: str, crosses: bool) -> None:
        super().__init__()
        self.part = part
        alpha = find_alpha(config, part)
        self.attention = SelfAttention(config, layer)
        self.attention_residual = Residual(config, alpha)
        self.cross = CrossAttention(config, layer) if crosses else None
        self.cross_residual = Residual(config, alpha) if crosses else None
        sparse = config.feed_forward_kind != "dense"
        self.feed_forward = MixtureOfExperts(config) if sparse else FeedForward(config)
        self.feed_forward_residual = Residual(config, alpha)

    def forward(self, x_BTC: Tensor, around: Surroundings, cache: Cache | None) -> tuple[Tensor, Tensor | None]:
        """The residual stream [B, T, C] after this block, and its router losses [2] if it has a router."""
        pair = cache if isinstance(cache, EncoderDecoderCache) else None
        own = pair.self_attention_cache if pair is not None else cache
        residual = self.attention_residual
        x_BTC = residual.leave(x_BTC, self.attention(residual.enter(x_BTC), around, own))
        if self.cross is not None and self.cross_residual is not None:
            residual = self.cross_residual
            x_BTC = residual.leave(x_BTC, self.cross(residual.enter(x_BTC), around, pair))
        residual = self.feed_forward_residual
        found = self.feed_forward(residual.enter(x_BTC))
        y_BTC, losses_2 = found if isinstance(found, tuple) else (found, None)
        return residual.leave(x_BTC, y_BTC), losses_2


def find_alpha(config: OntogenyDecoderConfig, part: str) -> float:
    """The residual stream's factor: one, or DeepNorm's by depth."""
    return _deepnorm(config, part).alpha if config.norm_kind == "deepnorm" else 1.0


def find_beta(config: OntogenyDecoderConfig, part: str) -> float:
    """The gain of DeepNorm's initialisation by depth."""
    return _deepnorm(config, part).beta


def _deepnorm(config: OntogenyDecoderConfig, part: str) -> DeepNormScale:
    layers = config.num_hidden_layers
    return deepnorm_scale(encoder_layers=layers if config.is_encoder_decoder else 0, decoder_layers=layers, part=part)
