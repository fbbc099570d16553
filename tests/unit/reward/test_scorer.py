"""The network that becomes a reward model."""

from pathlib import Path

import torch

from components.reward.worker import build_scorer
from components.runtime.folder import load_folder
from tests.tiny import make_tokenizer, write_model


def test_a_scorer_is_the_sft_model_s_body_under_a_head_that_the_seed_decides(tmp_path: Path) -> None:
    base = write_model(make_tokenizer(), tmp_path) / "model"
    model, tokenizer = load_folder(base)
    one, again, other = (build_scorer(base, tokenizer, seed=seed) for seed in (1, 1, 2))
    assert one.config.num_labels == 1 and one.config.pad_token_id == tokenizer.pad_token_id
    assert torch.equal(one.model.embed_tokens.weight, model.model.embed_tokens.weight)
    assert torch.equal(one.score.weight, again.score.weight)
    assert not torch.equal(one.score.weight, other.score.weight)
