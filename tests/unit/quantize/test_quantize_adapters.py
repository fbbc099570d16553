"""A peft adapter is merged before anything is quantized."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model

from components.base.errors import ArtifactError
from components.quantize.adapters import load_merged
from components.text.tokenizer import save_tokenizer
from tests.tiny import make_model, make_tokenizer, write_model

# peft asks transformers by an old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


def write_adapter(folder: Path, base: Path, targets: Sequence[str] = ("q_proj", "down_proj")) -> torch.Tensor:
    """A LoRA adapter with weights that matter; returns the logits the adapted model gives."""
    tokenizer = make_tokenizer()
    adapted = get_peft_model(make_model(tokenizer), LoraConfig(r=2, target_modules=list(targets)))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name or "lora_embedding" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    adapted.peft_config["default"].base_model_name_or_path = str(base)
    adapted.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    with torch.inference_mode():
        logits: torch.Tensor = adapted.eval()(torch.arange(9)[None]).logits
    return logits


@pytest.mark.filterwarnings("ignore:.*tie_word_embeddings.*:UserWarning", "ignore:Setting .save_embedding:UserWarning")
@pytest.mark.parametrize("targets", [["q_proj", "down_proj"], ["embed_tokens"], ["lm_head", "q_proj"]])
def test_adapters_are_merged_into_their_base(targets: list[str], tmp_path: Path) -> None:
    """Also one on a matrix that embedding and head share: what one of them learned must not change the other."""
    base = write_model(make_tokenizer(), tmp_path / "base") / "model"
    expected = write_adapter(tmp_path / "adapter", base, targets)
    merged, _ = load_merged(tmp_path / "adapter", "float32")
    assert not any("lora" in name for name, _ in merged.named_parameters())
    with torch.inference_mode():
        torch.testing.assert_close(merged(torch.arange(9)[None]).logits, expected, rtol=1e-4, atol=1e-5)


def test_an_adapter_without_its_base_is_refused(tmp_path: Path) -> None:
    write_adapter(tmp_path / "adapter", write_model(make_tokenizer(), tmp_path / "nowhere") / "model")
    shutil.rmtree(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match="nowhere/model' is not a folder"):
        load_merged(tmp_path / "adapter", "float32")
