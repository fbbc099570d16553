"""A score belongs to a text's last token, whatever stands beside it in a batch."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForSequenceClassification

from components.base.errors import ArtifactError
from components.reward.evaluation import evaluate_pairs
from components.scoring.rewards import score_texts

PAD, EOS = 0, 1


@pytest.fixture
def model() -> LlamaForSequenceClassification:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=30, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_labels=1, pad_token_id=PAD, eos_token_id=EOS,
    )  # fmt: skip
    return LlamaForSequenceClassification(config).eval()


def test_padding_does_not_move_the_score(model: LlamaForSequenceClassification) -> None:
    texts = [[5, 6, 7, EOS], [9, EOS], [5, 6, 7, 8, 9, 10, 11, EOS]]
    together = score_texts(model, texts)
    alone = torch.stack([model(input_ids=torch.tensor([text])).logits[0, 0] for text in texts])
    assert (together - alone).abs().max() < 1e-6


def test_the_score_is_the_head_on_the_last_real_token(model: LlamaForSequenceClassification) -> None:
    text = [5, 6, 7, EOS]
    hidden = model.model(input_ids=torch.tensor([text])).last_hidden_state[0, -1]
    padded = score_texts(model, [text, [3] * 9])[0]
    assert padded.item() == pytest.approx(model.score(hidden).item(), abs=1e-6)


def test_a_model_without_a_pad_token_is_refused(model: LlamaForSequenceClassification) -> None:
    model.config.pad_token_id = None
    with pytest.raises(ArtifactError, match="no pad_token_id"):
        score_texts(model, [[5, EOS]])


def test_accuracy_and_margin_follow_the_scores(model: LlamaForSequenceClassification) -> None:
    texts = [[5, EOS], [6, EOS], [7, EOS]]
    low, middle, high = (texts[i] for i in score_texts(model, texts).argsort().tolist())
    scores = score_texts(model, [low, middle, high])
    judged = evaluate_pairs(model, [high, middle, low, high])

    assert judged.heldout_accuracy == 0.5
    by_hand = float((scores[2] - scores[0] + scores[1] - scores[2]) / 2)
    assert judged.heldout_margin == pytest.approx(by_hand, abs=1e-4)
