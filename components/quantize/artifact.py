"""The INT8 model folder and the models it is compared with."""

import copy
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.model.int8 import WEIGHTS_FILE, quantize_model, save_int8
from components.quantize.adapters import load_merged
from components.quantize.config import SpeedConfig
from components.quantize.speed import Speed, measure_speed
from components.runtime.folder import load_model, stamp_tokenizer
from components.text.tokenizer import save_tokenizer

FP32_BYTES = 4


def write_quantized(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path, *, embeddings: bool
) -> float:
    """Quantize a copy and write its folder; bytes of its weights file to those of the same parameters in fp32."""
    stamp_tokenizer(model, tokenizer)
    save_int8(quantize_model(copy.deepcopy(model), embeddings=embeddings), folder)
    save_tokenizer(tokenizer, folder)
    return measure_size_ratio(model, folder)


def measure_size_ratio(model: PreTrainedModel, folder: Path) -> float:
    """Bytes of the INT8 weights file to bytes of the same parameters in fp32, tied ones counted once."""
    fp32_bytes = FP32_BYTES * int(model.num_parameters())
    return (folder / WEIGHTS_FILE).stat().st_size / fp32_bytes


def compare_speed(plain: Path, quantized: Path, cfg: SpeedConfig, seed: int) -> dict[str, Speed]:
    """Speed of a folder's model in fp32 and in bf16, and of the INT8 one made of it."""
    models = {
        "fp32": load_merged(plain, "float32")[0],
        "bf16": load_merged(plain, "bfloat16")[0],
        "int8": load_model(quantized),
    }
    return measure_speed(models, cfg, seed)
