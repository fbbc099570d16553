"""A model in llama.cpp's one-file form, made a Hugging Face folder that every stage reads.

Its quantized weights are read back into plain ones; what the quantization cost stays lost.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from components.base.errors import ArtifactError

SUFFIX = ".gguf"
MARKS = ("hf_quantizer", "quantization_method", "is_quantized")
"""What transformers leaves on a model that it read from such a file; with them it is not written as a plain one."""


def find_gguf(source: str) -> Path:
    """The file itself, or the one that an installed package holds. Raises ArtifactError without exactly one."""
    if source.endswith(SUFFIX):
        if not Path(source).is_file():
            raise ArtifactError(f"{source}: the file is missing")
        return Path(source)
    spec = find_spec(source) if source.isidentifier() else None
    places = [] if spec is None else list(spec.submodule_search_locations or [])
    found = sorted(path for place in places for path in Path(place).glob(f"*{SUFFIX}"))
    if len(found) != 1:
        raise ArtifactError(f"{source}: neither a {SUFFIX} file nor an installed package that holds one ({len(found)})")
    return found[0]


def convert_gguf(source: Path, folder: Path) -> None:
    """Write the folder, in bfloat16: config, weights in safetensors, tokenizer and chat template; whole or not at all.

    Raises ArtifactError for a file that cannot be read.
    """
    if find_spec("gguf") is None:
        raise ArtifactError(f"{source}: the package gguf reads such files: install it first (pip install gguf)")
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name)
        model = AutoModelForCausalLM.from_pretrained(str(source.parent), gguf_file=source.name, dtype=torch.float32)
    except Exception as error:  # the readers raise whatever a damaged file makes of them
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ArtifactError(f"{source}: the model cannot be read: {reason}") from None
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    _forget_quantization(model).to(torch.bfloat16).save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _forget_quantization(model: PreTrainedModel) -> PreTrainedModel:
    """The same weights as a plain model's."""
    for mark in MARKS:
        setattr(model, mark, None)
    del model.config.quantization_config
    return model
