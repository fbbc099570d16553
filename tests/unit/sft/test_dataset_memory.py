"""What the stage's own process holds does not grow with the rows that it is given."""

import json
from pathlib import Path

import pytest

from components.datasets import arrow_rows
from components.generation.pool import LocalPool
from components.sft import packing, rehearsal
from components.sft.dataset import build_examples
from tests.stages.test_sft import tiny_config
from tests.tiny import SHARED, make_model, make_tokenizer, write_tokens
from tests.traced_memory import watch_peak

INDEX_BYTES = 250
"""Of a row: where it stands, how long it is, and the number that tells its question from others."""
FEW, MANY = 100, 1000


def test_peak_memory_of_sft_grows_by_an_index_and_not_by_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, bound in ((arrow_rows, "BATCH_ROWS"), (packing, "BLOCK_ROWS"), (rehearsal, "BLOCK_ROWS")):
        monkeypatch.setattr(module, bound, 16)  # few rows fill what is bounded
    tokenizer = make_tokenizer()
    tokens = write_tokens(tokenizer, tmp_path / "tokens")
    pool = LocalPool(make_model(tokenizer), tokenizer)
    rows = ({"prompt": f"{index} {'a' * 150}", "completion": "b" * 150} for index in range(MANY))
    chats = tmp_path / "chats.jsonl"
    chats.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def measure(count: int) -> int:
        task = tiny_config().data.model_dump() | {"kind": "task", "task": "word_problems", "weight": 1.0}
        names = ("max_turns", "styles", "unconstrained_cot_rate", "kind", "task", "weight")
        file = {"kind": "jsonl", "path": str(chats), "weight": 2.0, "validation_fraction": 0.1}
        parts = [{name: task[name] for name in names}, file]
        data = {"kind": "mixture", "conversations": count, "validation_conversations": 20, "parts": parts}
        cfg = tiny_config(data=data | {"pretraining_share": 0.3}, seq_len=512)
        with watch_peak() as peak:
            found = build_examples(cfg, SHARED, pool, tokens, tmp_path / "rows")
        assert found.train.rows > 32
        return peak.bytes

    measure(FEW)  # what is made once and kept
    assert measure(MANY) - measure(FEW) < INDEX_BYTES * (MANY - FEW)
