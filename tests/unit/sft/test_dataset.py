"""From a section of params to packed rows."""

from typing import Any

import pytest

from components.base.errors import ParamsError
from components.sft.dataset import build_examples
from tests.stages.test_sft import tiny_config
from tests.tiny import SHARED, make_model, make_tokenizer


def build(**changes: Any) -> Any:
    tokenizer = make_tokenizer()
    return build_examples(tiny_config(**changes), SHARED, make_model(tokenizer), tokenizer)


def test_every_conversation_is_packed_or_counted_as_dropped() -> None:
    found = build()
    counts = found.counts
    assert counts.train_conversations + counts.dropped_conversations == 24
    assert found.train.input_ids_RT.shape[1] == 256
    assert int((found.train.labels_RT >= 0).sum()) == counts.answer_tokens
    assert counts.packing_efficiency == pytest.approx(counts.train_tokens / found.train.input_ids_RT.size, abs=1e-4)


def test_rows_longer_than_the_model_reads_are_refused() -> None:
    with pytest.raises(ParamsError, match=r"sft\.seq_len: 1024 is over the model's context of 512 tokens"):
        build(seq_len=1024)
