"""How the next token is chosen: greedy, or by inverse CDF from a number the request drew beforehand.

Shapes: B rows, V vocabulary.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SamplingParams:
    """One request's wishes; temperature 0 is greedy, top_p 1 and top_k 0 leave all tokens in."""

    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0


def choose_tokens(
    logits_BV: Tensor, temperature_B: Tensor, top_p_B: Tensor, top_k_B: Tensor, uniforms_B: Tensor
) -> tuple[Tensor, Tensor]:
    """Token ids and their log-probabilities under the full softmax at temperature 1, both [B].

    A row's result depends on that row alone, so who shares its batch changes nothing.
    """
    logprobs_BV = torch.log_softmax(logits_BV.float(), dim=-1)
    sampled_B = temperature_B > 0
    tokens_B = torch.zeros_like(top_k_B) if sampled_B.all() else find_likeliest(logprobs_BV)
    if sampled_B.any():
        scale_B = torch.where(sampled_B, temperature_B, 1.0)
        probs_BV = torch.softmax(logprobs_BV / scale_B[:, None], dim=-1)
        if ((top_p_B < 1) | (top_k_B > 0)).any():
            probs_BV = restrict_probs(probs_BV, top_p_B, top_k_B)
        tokens_B = torch.where(sampled_B, invert_cdf(probs_BV, uniforms_B), tokens_B)
    return tokens_B, logprobs_BV.gather(1, tokens_B[:, None]).squeeze(1)


def find_likeliest(logprobs_BV: Tensor) -> Tensor:
    """The first of each row's largest values, [B]."""
    if logprobs_BV.device.type == "cpu":  # NumPy is ten times as fast there, and takes the first of equals, too
        return torch.from_numpy(logprobs_BV.detach().numpy().argmax(axis=-1))
    return logprobs_BV.argmax(dim=-1)


def restrict_probs(probs_BV: Tensor, top_p_B: Tensor, top_k_B: Tensor) -> Tensor:
    """Zero every token outside the k likeliest and outside the smallest set that holds mass top_p."""
    ordered_BV, order_BV = probs_BV.sort(dim=-1, descending=True, stable=True)
    rank_V = torch.arange(probs_BV.shape[-1], device=probs_BV.device)
    limit_B = torch.where(top_k_B > 0, top_k_B, probs_BV.shape[-1])
    mass_before_BV = ordered_BV.cumsum(-1) - ordered_BV
    # A row that asked for no nucleus must not lose its tail to rounding in the running sum.
    nucleus_BV = (mass_before_BV < top_p_B[:, None]) | (top_p_B >= 1)[:, None]
    kept_BV = nucleus_BV & (rank_V < limit_B[:, None])
    kept_BV[:, 0] = True
    return torch.zeros_like(probs_BV).scatter(1, order_BV, ordered_BV * kept_BV)


def invert_cdf(probs_BV: Tensor, uniforms_B: Tensor) -> Tensor:
    """The first token whose running sum exceeds u times the total; u is in [0, 1)."""
    cumulative_BV = probs_BV.cumsum(dim=-1)
    target_B1 = uniforms_B[:, None] * cumulative_BV[:, -1:]
    found_B = torch.searchsorted(cumulative_BV, target_B1, right=True).squeeze(1)
    return found_B.clamp(max=probs_BV.shape[-1] - 1)
