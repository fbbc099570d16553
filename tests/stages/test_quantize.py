"""The quantize stage alone: an INT8 folder that reads back, all its figures, and a gate that holds."""

from pathlib import Path

import pytest
import torch

from components.base.errors import GateError
from components.base.validation import validate
from components.model.int8 import is_int8_folder
from components.quantize.config import QuantizeConfig
from components.runtime.folder import load_folder
from pipelines.quantize import run
from tests.tiny import SHARED, make_tokenizer, write_model, write_tokens

FIGURES = {
    "size_ratio", "tasks", "val_loss_before", "val_loss_after", "val_loss_rise",
    "exact_match_before", "exact_match_after", "exact_match_drop",
    "decode_speedup_fp32", "decode_speedup_bf16", "prefill_speedup_fp32", "prefill_speedup_bf16",
    "decode_tokens_per_s", "prefill_tokens_per_s", "corpus_val_loss",
}  # fmt: skip


def make_config(**budget: float) -> QuantizeConfig:
    section = {
        "kind": "int8",
        "embeddings": True,
        "quality": {"items": 4, "max_new_tokens": 8},
        "speed": {"batch_size": 2, "prompt_tokens": 8, "decode_tokens": 4, "rounds": 1},
        "budget": {"max_size_ratio": 0.5, "max_val_loss_rise": 0.01, "max_exact_match_drop": 0.5} | budget,
    }
    config: QuantizeConfig = validate(QuantizeConfig, section, where="test")
    return config


def test_the_stage_leaves_a_readable_int8_model_and_its_figures(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    align, tokens = write_model(tokenizer, tmp_path / "align"), write_tokens(tokenizer, tmp_path / "tokens")
    metrics = run(make_config(), shared=SHARED, align=align, tokens=tokens, out=tmp_path / "quantize").to_json()

    assert set(metrics) == FIGURES
    assert metrics["size_ratio"] < 0.4
    assert abs(metrics["val_loss_rise"]) < 0.01
    assert is_int8_folder(tmp_path / "quantize" / "model")
    model, _ = load_folder(tmp_path / "quantize" / "model")
    before, _ = load_folder(align / "model")
    ids = torch.arange(12)[None]
    with torch.inference_mode():
        logits, reference = model(ids).logits, before(ids).logits
    assert (logits - reference).norm() / reference.norm() < 0.05


def test_the_stage_fails_beyond_its_budget(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    align, tokens = write_model(tokenizer, tmp_path / "align"), write_tokens(tokenizer, tmp_path / "tokens")
    with pytest.raises(GateError, match=r"size_ratio .* is above 0\.1"):
        run(
            make_config(max_size_ratio=0.1),
            shared=SHARED,
            align=align,
            tokens=tokens,
            out=tmp_path / "quantize",
        )
