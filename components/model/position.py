"""Position encodings as pure functions of positions and distances.

Shapes: B sequences, T queries, S keys, H heads, D width (of a head or of the model).
"""

import math

import torch
from torch import Tensor

from components.model.families import OntogenyDecoderConfig

YARN_FAST, YARN_SLOW = 32, 1


def rope_frequencies(config: OntogenyDecoderConfig, device: torch.device) -> tuple[Tensor, float]:
    """Angle per position of each pair [D / 2] in float32, and the factor on cosines and sines.

    Sources: Su et al. 2021 (RoFormer), eq. 15; linear scaling: Chen et al. 2023 (arXiv 2306.15595); YaRN: Peng et al.
    2023 (arXiv 2309.00071), eq. 17-23 and its recommended attention factor.
    """
    dim = config.hidden_size // config.num_attention_heads
    exponents = torch.arange(0, dim, 2, dtype=torch.float, device=device) / dim
    angles = 1.0 / (config.rope_base**exponents)
    factor = float(config.rope_scaling_factor)
    match config.rope_scaling_kind:
        case "linear":
            return angles / factor, 1.0
        case "yarn":
            kept = 1.0 - _yarn_ramp(dim, float(config.rope_base), config.rope_scaling_from).to(device)
            scale = 1.0 if factor <= 1 else 0.1 * math.log(factor) + 1.0
            return angles / factor * (1.0 - kept) + angles * kept, scale
        case _:
            return angles, 1.0


def _yarn_ramp(dim: int, base: float, trained: int) -> Tensor:
    """How far each pair is interpolated: 0 for those that turn often within the trained length, 1 for the slow ones."""

    def pair_that_turns(times: float) -> float:
        return dim * math.log(trained / (times * 2 * math.pi)) / (2 * math.log(base))

    low = max(math.floor(pair_that_turns(YARN_FAST)), 0)
    high = min(math.ceil(pair_that_turns(YARN_SLOW)), dim - 1)
    width = high - low if high != low else 0.001
    return ((torch.arange(dim // 2, dtype=torch.float) - low) / width).clamp(0, 1)


def rope_angles(positions_BT: Tensor, frequencies: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines [B, T, 1, D / 2] for heads after positions, in float32 or better."""
    angles = positions_BT[..., None, None].to(frequencies.dtype) * frequencies
    return angles.cos() * scale, angles.sin() * scale


def sinusoids(positions_BT: Tensor, width: int, base: float) -> Tensor:
    """Sines and cosines [B, T, width], interleaved: Vaswani et al. 2017, section 3.5."""
    exponents = torch.arange(0, width, 2, device=positions_BT.device, dtype=torch.float) / width
    angles = positions_BT[..., None].float() / base**exponents
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)[..., :width]


def alibi_slopes(heads: int) -> Tensor:
    """One slope a head [H]: 2^(-8/n), 2^(-16/n), ...; Press et al. 2022 (arXiv 2108.12409), section 3.

    When n is no power of two, the slopes of the next lower power come first, then every other one of the next
    higher, as the paper's own code has it.
    """
    lower = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * (i + 1) / lower) for i in range(lower)]
    slopes += [2 ** (-4 * (2 * i + 1) / lower) for i in range(heads - lower)]
    return torch.tensor(slopes)


def alibi_bias(distance: Tensor, slopes_H: Tensor) -> Tensor:
    """What is added to the scores, [B, H, T, S]: minus slope times distance, on both sides alike."""
    return -slopes_H[None, :, None, None] * distance.abs()[:, None].to(slopes_H.dtype)


def t5_buckets(distance: Tensor, *, buckets: int, max_distance: int, bidirectional: bool) -> Tensor:
    """Bucket of each query-minus-key distance: Raffel et al. 2020, section 2.1.

    Half of the buckets hold one distance each, the other half grow logarithmically up to `max_distance`; where
    keys may stand after the query, half of all buckets are for those.
    """
    offset = torch.zeros_like(distance)
    if bidirectional:
        buckets //= 2
        offset = (distance < 0).long() * buckets
        distance = distance.abs()
    distance = distance.clamp(min=0)
    exact = buckets // 2
    grown = torch.log(distance.clamp(min=1).float() / exact) / math.log(max_distance / exact) * (buckets - exact)
    large = (exact + grown.long()).clamp(max=buckets - 1)
    return offset + torch.where(distance < exact, distance, large)
