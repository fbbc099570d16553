"""The two or three figures of a stage that its line in the log shows."""

from collections.abc import Mapping
from typing import Any

HEADLINES: dict[str, tuple[str, ...]] = {
    "corpus": ("documents_out", "bytes_out"),
    "tokens": ("vocab_size", "train_tokens", "bytes_per_token"),
    "pretrain": ("bits_per_byte", "ngram_bits_per_byte", "tokens_per_s"),
    "sft": ("exact_match_cot", "exact_match_direct", "tokens_per_s"),
    "preferences": ("train_pairs", "heldout_pairs", "sft_accuracy"),
    "reward": ("heldout_accuracy", "heldout_margin"),
    "align": ("exact_match_before", "exact_match_after", "kl_to_sft"),
    "quantize": ("size_ratio", "exact_match_drop", "decode_speedup_fp32"),
    "evaluate": ("few_shot_cot_minus_direct", "self_consistency_minus_greedy_cot"),
    "icl": ("cells_asked", "best_difference", "largest_spread"),
    "serve": ("parity", "p50_ms", "tokens_per_s"),
    "report": ("targets_met", "targets_total", "total_wall_s"),
}
"""By stage, names of figures; a test holds each to its stage's class."""


def write_headline(stage: str, figures: Mapping[str, Any]) -> str:
    """What the stage is known by; a figure that was not measured, or that a component of the user's lacks, is not told.

    Such as `exact_match_cot 0.800 · tokens/s 14,718`.
    """
    told = {name: figures[name] for name in HEADLINES.get(stage, ()) if figures.get(name) is not None}
    return " · ".join(f"{name.replace('_per_s', '/s')} {_write(value)}" for name, value in told.items())


def _write(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float() if abs(value) < 100:
            return f"{value:.3f}"
        case int() | float():
            return f"{value:,.0f}"
        case _:
            return str(value)
