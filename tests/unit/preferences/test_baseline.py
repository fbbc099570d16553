"""The model's own ranking of pairs, and pairs that no model could hold."""

import pytest
import torch

from components.base.errors import ParamsError
from components.datasets.preferences import Pair
from components.generation.pool import LocalPool
from components.preferences.baseline import measure_baseline
from components.preferences.collect import collect_pairs
from components.preferences.config import FilePreferencesConfig
from tests.tiny import SHARED, make_model, make_tokenizer


def test_the_likelier_side_wins_as_a_whole_or_by_the_token() -> None:
    """Every token is equally likely, so the shorter side wins as a whole, and by the token nobody does."""
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    with torch.no_grad():
        model.get_input_embeddings().weight.zero_()
    shorter, longer = Pair("", "", "", 1, [5, 6], [5, 7, 8]), Pair("", "", "", 1, [5, 7, 8], [5, 6])
    metrics = measure_baseline(model, [shorter, longer, longer, longer])
    assert metrics.sft_accuracy == 0.25


def test_pairs_longer_than_the_model_reads_are_refused_before_a_file_is_opened() -> None:
    tokenizer = make_tokenizer()
    cfg = FilePreferencesConfig(kind="jsonl", path="no/such/file", heldout_fraction=0.5, max_tokens=513)
    with pytest.raises(ParamsError, match=r"preferences\.max_tokens: 513 is over the model's context of 512 tokens"):
        collect_pairs(cfg, SHARED, LocalPool(make_model(tokenizer), tokenizer))
