"""The INT8 model folder and the models it is compared with."""

import copy
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.model.int8 import WEIGHTS_FILE, quantize_model, save_int8
from components.quantize.config import SpeedConfig
from components.quantize.speed import Speed, measure_speed
from components.runtime.folder import load_model, stamp_tokenizer
from components.text.tokenizer import save_tokenizer

FP32_BYTES = 4


def write_quantized(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path, *, embeddings: bool
) -> PreTrainedModel:
    """Quantize a copy, write its folder, and return what a reader of that folder gets."""
    stamp_tokenizer(model, tokenizer)
    save_int8(quantize_model(copy.deepcopy(model), embeddings=embeddings), folder)
    save_tokenizer(tokenizer, folder)
    return load_model(folder)


def measure_size_ratio(model: PreTrainedModel, folder: Path) -> float:
    """Bytes of the INT8 weights file to bytes of the same parameters in fp32, tied ones counted once."""
    fp32_bytes = FP32_BYTES * int(model.num_parameters())
    return (folder / WEIGHTS_FILE).stat().st_size / fp32_bytes


def compare_speed(model: PreTrainedModel, quantized: PreTrainedModel, cfg: SpeedConfig, seed: int) -> dict[str, Speed]:
    """Speed of the fp32 model, its bf16 copy and the INT8 one."""
    bf16 = copy.deepcopy(model).to(torch.bfloat16)
    return measure_speed({"fp32": model, "bf16": bf16, "int8": quantized}, cfg, seed)
