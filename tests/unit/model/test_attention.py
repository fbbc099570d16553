"""Attention against its formula."""

import pytest
import torch
from transformers import DynamicCache, EncoderDecoderCache

from components.model.attention import AttentionInputs, CrossAttention, SelfAttention, attend, find_attention_dtype
from tests.shapes import make_model

B, T, S, H, K, D = 2, 5, 7, 4, 2, 8


def explain(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Softmax over what is seen, head by head."""
    k, v = (x.repeat_interleave(H // x.shape[1], dim=1) for x in (k, v))
    scores = (q @ k.transpose(-1, -2) / D**0.5).masked_fill(~seen, float("-inf"))
    mixed: torch.Tensor = scores.softmax(-1) @ v
    return mixed.transpose(1, 2).flatten(2)


@pytest.mark.parametrize("heads", [H, K, 1])
def test_heads_may_share_keys(heads: int) -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(B, H, T, D), torch.randn(B, heads, T, D), torch.randn(B, heads, T, D)
    triangle = torch.ones(T, T, dtype=torch.bool).tril()
    torch.testing.assert_close(attend(q, k, v, None, causal=True), explain(q, k, v, triangle))
    torch.testing.assert_close(attend(q, k, v, triangle, causal=False), explain(q, k, v, triangle))


def test_a_mask_of_numbers_is_added_to_the_scores() -> None:
    torch.manual_seed(1)
    q, k, v = torch.randn(B, H, T, D), torch.randn(B, H, S, D), torch.randn(B, H, S, D)
    seen = torch.rand(B, 1, T, S) < 0.7
    seen[..., 0] = True
    bias = torch.where(seen, 0.0, float("-inf"))
    torch.testing.assert_close(attend(q, k, v, bias, causal=False), explain(q, k, v, seen))


def test_bfloat16_training_on_a_cpu_attends_in_float32() -> None:
    values = torch.ones(1, dtype=torch.bfloat16)
    assert find_attention_dtype(values) is torch.bfloat16
    assert find_attention_dtype(values.requires_grad_()) is torch.float32


def test_one_token_behind_a_cache_is_the_last_of_the_whole() -> None:
    layer = SelfAttention(make_model().config, 0).eval()
    x, attn = torch.randn(B, T, 32), AttentionInputs(masks=(None,), causal=True)
    cache = DynamicCache()
    with torch.no_grad():
        whole = layer(x, attn, None)
        layer(x[:, :-1], attn, cache)
        torch.testing.assert_close(layer(x[:, -1:], attn, cache), whole[:, -1:])


def test_the_source_is_read_once_a_text() -> None:
    layer = CrossAttention(make_model(architecture="encoder_decoder").config, 0).eval()
    source, x = torch.randn(B, S, 32), torch.randn(B, T, 32)
    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    with torch.no_grad():
        wanted = layer(x, AttentionInputs((None,), causal=True, source_BSC=source), None)
        layer(x[:, :1], AttentionInputs((None,), causal=True, source_BSC=source), cache)
        without = layer(x, AttentionInputs((None,), causal=True), cache)
    torch.testing.assert_close(without, wanted)
