"""Reading the model to quantize: a plain folder, or a peft adapter that is merged into its base first."""

from pathlib import Path
from typing import cast

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.errors import ArtifactError
from components.base.files import read_json
from components.model.config import Dtype
from components.model.merging import find_tolerance, measure_gap, read_logits, untie_targets
from components.runtime.folder import join_tokenizer, load_folder, load_model
from components.text.tokenizer import encode_text, load_tokenizer

ADAPTER_CONFIG = "adapter_config.json"
PROBE_TEXT = "What is the capital of France? It is Paris."


def load_merged(folder: Path, dtype: Dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Read a model and its tokenizer, any adapter already added into the weights."""
    if not (folder / ADAPTER_CONFIG).exists():
        return load_folder(folder, dtype)
    from peft import PeftModel

    base = load_model(_find_base(folder), dtype)
    untie_targets(base, read_json(folder / ADAPTER_CONFIG).get("target_modules") or [])
    try:
        adapted = PeftModel.from_pretrained(base, str(folder))
    except Exception as error:  # peft passes on errors of torch, safetensors and its own alike
        raise ArtifactError(f"{folder}: the adapter does not fit its base model ({error})") from None
    tokenizer = load_tokenizer(folder)
    # Of words: on tokens that no text has, weights that are rounded make anything.
    probe = {"input_ids": torch.tensor([encode_text(tokenizer, PROBE_TEXT)])}
    adapted_BTV = read_logits(adapted, probe)
    merged = cast(PreTrainedModel, adapted.merge_and_unload())
    gap = measure_gap(adapted_BTV, read_logits(merged, probe))
    if not gap <= find_tolerance(merged):
        raise ArtifactError(f"{folder}: merged into its base the adapter is another model: logits differ by {gap:.2g}")
    join_tokenizer(merged, tokenizer, folder)
    return merged, tokenizer


def _find_base(folder: Path) -> Path:
    """The base model's folder, as the adapter names it: absolute, or relative to the adapter."""
    named = read_json(folder / ADAPTER_CONFIG).get("base_model_name_or_path") or ""
    candidates = [folder / named, Path(named)]
    for candidate in candidates:
        if named and (candidate / "config.json").is_file():
            return candidate
    raise ArtifactError(f"{folder / ADAPTER_CONFIG}: the base model {named!r} is not a folder on this machine")
