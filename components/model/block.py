"""One transformer block: residual branches under any of the normalisation positions."""

from torch import Tensor, nn
from transformers import Cache, EncoderDecoderCache
from transformers.modeling_layers import GradientCheckpointingLayer

from components.model.attention import AttentionInputs, CrossAttention, SelfAttention
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

    def pre(self, x: Tensor) -> Tensor:
        """What the branch is given: the stream, normalised unless the norm stands behind the sum."""
        return x if self.position == "post" else self.norm(x)

    def post(self, x: Tensor, y: Tensor) -> Tensor:
        """The residual stream after the branch gave y."""
        if self.position == "post":
            return self.norm(x * self.alpha + y if self.alpha != 1.0 else x + y)  # type: ignore[no-any-return]
        return x + (y if self.after is None else self.after(y))


class Block(GradientCheckpointingLayer):  # type: ignore[misc]
    """Self attention, cross attention in the decoder of an encoder–decoder, feed-forward."""

    def __init__(self, config: OntogenyDecoderConfig, layer: int, *, is_decoder: bool, cross_attention: bool) -> None:
        super().__init__()
        self.is_decoder = is_decoder
        alpha = find_alpha(config, is_decoder=is_decoder)
        self.attention = SelfAttention(config, layer)
        self.attention_residual = Residual(config, alpha)
        self.cross = CrossAttention(config, layer) if cross_attention else None
        self.cross_residual = Residual(config, alpha) if cross_attention else None
        sparse = config.feed_forward_kind != "dense"
        self.feed_forward = MixtureOfExperts(config) if sparse else FeedForward(config)
        self.feed_forward_residual = Residual(config, alpha)

    def forward(self, x_BTC: Tensor, attn: AttentionInputs, cache: Cache | None) -> tuple[Tensor, Tensor | None]:
        """The residual stream [B, T, C] after this block, and its router losses [2] if it has a router."""
        both = cache if isinstance(cache, EncoderDecoderCache) else None
        own = both.self_attention_cache if both is not None else cache
        residual = self.attention_residual
        x_BTC = residual.post(x_BTC, self.attention(residual.pre(x_BTC), attn, own))
        if self.cross is not None and self.cross_residual is not None:
            residual = self.cross_residual
            x_BTC = residual.post(x_BTC, self.cross(residual.pre(x_BTC), attn, both))
        residual = self.feed_forward_residual
        found = self.feed_forward(residual.pre(x_BTC))
        y_BTC, losses_2 = found if isinstance(found, tuple) else (found, None)
        return residual.post(x_BTC, y_BTC), losses_2


def find_alpha(config: OntogenyDecoderConfig, *, is_decoder: bool) -> float:
    """The residual stream's factor: one, or DeepNorm's by depth."""
    return _deepnorm(config, is_decoder=is_decoder).alpha if config.norm_kind == "deepnorm" else 1.0


def find_beta(config: OntogenyDecoderConfig, *, is_decoder: bool) -> float:
    """The gain of DeepNorm's initialisation by depth."""
    return _deepnorm(config, is_decoder=is_decoder).beta


def _deepnorm(config: OntogenyDecoderConfig, *, is_decoder: bool) -> DeepNormScale:
    layers = config.num_hidden_layers
    encoder_layers = layers if config.is_encoder_decoder else 0
    return deepnorm_scale(encoder_layers=encoder_layers, decoder_layers=layers, is_decoder=is_decoder)
