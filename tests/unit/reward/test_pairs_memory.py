"""Pairs go from their file to the workers' a few at a time, and are scored where they lie."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from components.datasets.preferences import SCHEMA, Pair, PairFile, PreferenceSet, write_preferences
from components.model.config import Dtype
from components.reward import evaluation
from components.reward.evaluation import evaluate_folder
from components.reward.training import save_samples
from components.training.trl_door import open_samples
from tests.traced_memory import watch_peak

PAIRS = [Pair("", "", "", 1, [1, 2, place], [1, 3] * place) for place in range(1, 9)]


def write_pairs(path: Path, count: int) -> PairFile:
    """Pairs of 200 and 100 tokens in one row group."""
    lists = {name: [list(range(length))] * count for name, length in (("chosen_ids", 200), ("rejected_ids", 100))}
    numbers = {"prompt_tokens": [1] * count}
    table = pa.table({name: {**lists, **numbers}.get(name, [""] * count) for name in SCHEMA.names}, SCHEMA)
    pq.write_table(table, path)
    return PairFile(path)


def test_workers_read_the_ids_of_all_pairs_in_their_order(tmp_path: Path) -> None:
    write_preferences(PreferenceSet(PAIRS, PAIRS[:1]), tmp_path, "abc")
    samples = save_samples(PairFile(tmp_path / "train.parquet"), tmp_path / "samples.arrow")
    read = open_samples(samples.file)
    assert [(row["chosen_ids"], row["rejected_ids"]) for row in read] == [(p.chosen_ids, p.rejected_ids) for p in PAIRS]
    assert samples.rows == len(PAIRS)
    assert samples.tokens == sum(len(pair.chosen_ids) + len(pair.rejected_ids) for pair in PAIRS)


def test_peak_memory_of_reward_does_not_grow_with_the_pairs(tmp_path: Path) -> None:
    def measure(count: int) -> int:
        pairs = write_pairs(tmp_path / "pairs.parquet", count)
        with watch_peak() as peak:
            assert save_samples(pairs, tmp_path / "samples.arrow").rows == count
        return peak.bytes

    measure(1_000)  # what is made once and kept
    assert measure(10_000) - measure(1_000) < 9_000 * 50  # the ids alone are 1,200 bytes a pair


def test_held_out_pairs_are_ranked_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(folder: Path, dtype: Dtype) -> Any:
        def score(input_ids: torch.Tensor, **_: Any) -> Any:
            return SimpleNamespace(logits=input_ids.sum(1, keepdim=True).float())

        score.config, score.device = SimpleNamespace(pad_token_id=0), "cpu"  # type: ignore[attr-defined]
        return score

    monkeypatch.setattr(evaluation, "load_reward_model", load)
    write_preferences(PreferenceSet(PAIRS, PAIRS), tmp_path, "abc")
    judged = evaluate_folder(tmp_path, "float32", PairFile(tmp_path / "heldout.parquet"))
    right = [sum(pair.chosen_ids) > sum(pair.rejected_ids) for pair in PAIRS]
    assert judged.heldout_accuracy == sum(right) / len(right)
