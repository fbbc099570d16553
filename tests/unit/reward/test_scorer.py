"""The network that becomes a reward model."""

from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification

from components.parallel.fsdp import allocate
from components.reward.worker import draw_head
from components.runtime.folder import load_folder
from components.runtime.outline import outline_scorer
from tests.tiny import make_tokenizer, write_model


def test_a_scorer_is_the_sft_model_s_body_under_the_head_that_the_library_would_draw(tmp_path: Path) -> None:
    base = write_model(make_tokenizer(), tmp_path) / "model"
    model, _ = load_folder(base)
    heads = []
    for seed in (1, 1, 2):
        outline = outline_scorer(base, "float32")
        assert outline is not None
        scorer = allocate(outline.model)
        outline.fill()
        draw_head(scorer, outline.model, seed)
        assert torch.equal(outline.model.model.embed_tokens.weight, model.model.embed_tokens.weight)
        torch.manual_seed(seed)
        expected = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype="float32")
        assert (
            outline.model.config.num_labels == 1 and outline.model.state_dict().keys() == expected.state_dict().keys()
        )
        assert torch.equal(outline.model.score.weight, expected.score.weight)
        heads.append(outline.model.score.weight)
    assert torch.equal(heads[0], heads[1]) and not torch.equal(heads[0], heads[2])
