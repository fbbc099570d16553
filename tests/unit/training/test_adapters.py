"""Low-rank adapters: the same from the same seed, off without a trace, merged without a change."""

from pathlib import Path
from typing import Any

import pytest
import torch

from components.base.errors import GateError
from components.runtime.folder import load_folder
from components.sft.targets import require_targets
from components.training.adapters import adapter_off, add_adapter, describe_adapter, save_adapted
from tests.stages.test_sft import LORA, tiny_config
from tests.tiny import make_model, make_tokenizer, write_model

pytestmark = pytest.mark.filterwarnings(
    "ignore:.is_gradient_checkpointing. is deprecated:FutureWarning", "ignore:The PEFT config.s .base_model:UserWarning"
)
IDS = torch.arange(5, 25)[None]
DESCRIBED = describe_adapter(rank=2, alpha=4.0, dropout=0.0, target_modules=["q_proj", "down_proj"])


def adapt(seed: int = 1, base: Path | None = None) -> Any:
    """An adapter that has learned something."""
    adapted = add_adapter(load_folder(base)[0] if base else make_model(make_tokenizer()), DESCRIBED, seed).eval()
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.fill_(0.02)
    return adapted


def test_a_seed_makes_one_adapter_and_leaves_the_generator_alone() -> None:
    model, state = make_model(make_tokenizer()), torch.get_rng_state()
    add_adapter(model, DESCRIBED, 1)
    assert torch.equal(state, torch.get_rng_state())
    one, same, other = (dict(adapt(seed).named_parameters()) for seed in (1, 1, 2))
    drawn = [name for name in one if "lora_A" in name]
    assert all(torch.equal(one[name], same[name]) for name in drawn)
    assert not any(torch.equal(one[name], other[name]) for name in drawn)


def test_with_its_adapter_off_a_model_is_its_base_and_what_is_trained_stays_so() -> None:
    adapted, base = adapt(), make_model(make_tokenizer())
    trained = [name for name, p in adapted.named_parameters() if p.requires_grad]
    with torch.no_grad():
        on = adapted(input_ids=IDS).logits
        with adapter_off(adapted):
            assert torch.equal(adapted(input_ids=IDS).logits, base(input_ids=IDS).logits)
            assert [name for name, p in adapted.named_parameters() if p.requires_grad] == trained
        assert torch.equal(adapted(input_ids=IDS).logits, on) and not torch.equal(on, base(input_ids=IDS).logits)


def test_a_merge_is_written_only_where_it_answers_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = make_tokenizer()
    base = write_model(tokenizer, tmp_path / "base") / "model"
    adapted = adapt(base=base)
    with torch.no_grad():
        wanted = adapted(input_ids=IDS).logits
    save_adapted("sft", adapted, tokenizer, base, tmp_path / "out", probe={"input_ids": IDS})
    merged, _ = load_folder(tmp_path / "out" / "model")
    with torch.no_grad():
        torch.testing.assert_close(merged(input_ids=IDS).logits, wanted, atol=1e-4, rtol=1e-4)
    monkeypatch.setattr("components.training.adapters.measure_gap", lambda one, two: 0.2)
    with pytest.raises(GateError, match=r"^align: the merged model is not the adapter's: logits differ by 0\.2"):
        save_adapted("align", adapt(base=base), tokenizer, base, tmp_path / "again", probe={"input_ids": IDS})


def test_a_stage_that_trains_every_weight_has_no_targets_to_know() -> None:
    require_targets(make_model(make_tokenizer()), tiny_config())
    require_targets(make_model(make_tokenizer()), tiny_config(**LORA))
