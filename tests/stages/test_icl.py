"""The stage icl alone: tiny models in a grid on the word problems, every record kept."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import PipelineError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.generation.pool import LocalPool
from components.icl.config import GridConfig
from components.metrics.figures import Json
from components.metrics.prompting import GridCell
from pipelines.icl import run
from tests.contracts.source import ROOT
from tests.tiny import SHARED, make_tokenizer, write_model, write_tokens

MODELS, ITEMS = ["base", "sft"], 3
CHANGES: dict[str, Any] = {
    "models": MODELS,
    "items": ITEMS,
    "exemplar_pool": 6,
    "methods": read_yaml(ROOT / "params.yaml")["icl"]["methods"] | {"program": {"kind": "program"}},
    "allow_programs": True,
    "vary": {
        "selection": ["knn"], "order": ["nearest_last"], "format": ["fields"],
        "method": ["direct", "self_consistency", "program"], "shots": [0], "draw": [1],
    },
    "cross": [
        {"shots": [0, 1], "method": ["direct", "chain_of_thought"]},
        {"selection": ["fixed"], "order": ["global_entropy"]},
    ],
    "answer_max_new_tokens": 3,
    "cot_max_new_tokens": 6,
    "probes": {
        "induction": {"sequences": 2, "length": 6, "rounds": 2, "threshold": 0.3},
        "context": {"documents": 4, "tokens": 24, "window": 2},
        "curve": {"questions": 3, "shots": [0, 2]},
        "linear_functions": {
            "dimensions": 1, "points": 2, "layers": 1, "width": 16, "steps": 2, "batch_size": 4, "learning_rate": 1e-3,
        },
    },
}  # fmt: skip
CELLS = 1 + 8 + 3 + 1


def make_config() -> GridConfig:
    section = read_yaml(ROOT / "params.yaml")["icl"] | CHANGES
    config: GridConfig = validate(GridConfig, section, where="test")
    return config


@pytest.fixture(scope="module", autouse=True)
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Replies are kept in a folder of the tests' own."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("components.icl.laboratory.find_run_folder", lambda key: folder / key)
        yield


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, tokenizer = tmp_path_factory.mktemp("models"), make_tokenizer()
    made = {name: write_model(tokenizer, folder / name, seed=i) for i, name in enumerate(("pretrain", "sft"))}
    # Who is not in the grid is probed as well.
    made |= {name: write_model(tokenizer, folder / name, seed=i) for i, name in enumerate(("align", "quantize"))}
    return made | {"tokens": write_tokens(tokenizer, folder / "tokens"), "reward": folder / "reward"}


@pytest.fixture(scope="module")
def asked(stages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Json]:
    out = tmp_path_factory.mktemp("icl")
    return out, run(make_config(), shared=SHARED, out=out, **stages).to_json()


def drop_time(metrics: Json) -> list[Json]:
    return [{name: value for name, value in cell.items() if name != "seconds"} for cell in metrics["cells"]]


def test_every_cell_of_every_model_has_its_figures_and_its_test(asked: tuple[Path, Json]) -> None:
    _, metrics = asked
    cells = [GridCell.model_validate(cell) for cell in metrics["cells"]]
    assert len(cells) == metrics["cells_asked"] == len(MODELS) * CELLS
    for cell in cells:
        assert cell.n == ITEMS and cell.low <= cell.exact_match <= cell.high
    assert sum((cell.difference, cell.p_value) == (0.0, 1.0) for cell in cells) >= len(MODELS)  # the baselines at least


def test_every_model_of_the_run_is_probed_beside_the_one_before_it(asked: tuple[Path, Json]) -> None:
    _, metrics = asked
    probes = metrics["probes"]
    assert list(probes) == ["base", "sft", "aligned", "int8"]
    for found in probes.values():
        assert len(found["prefix_matching"]) == 2
        assert 0 <= found["induction_score"] <= 1
        assert found["in_context_low"] <= found["in_context_score"] <= found["in_context_high"]
        assert list(found["curve"]) == ["0", "2"]
    sft, base = probes["sft"], probes["base"]
    assert sft["induction_change"] == pytest.approx(sft["induction_score"] - base["induction_score"], abs=2e-4)
    assert "induction_change" not in base
    assert metrics["linear_functions"]["least_squares"] == [1.0, 0.0]


def test_what_one_cell_asked_is_not_computed_for_another(asked: tuple[Path, Json]) -> None:
    _, metrics = asked
    base, *others = metrics["cells"][:CELLS]
    assert base["computed_tokens"] == base["prompt_tokens"] + base["generated_tokens"]
    votes = next(cell for cell in others if cell["method"] == "self_consistency")
    assert votes["prompt_tokens"] == 5 * base["prompt_tokens"]
    assert votes["computed_tokens"] == votes["generated_tokens"], "its prompts are the baseline's"


def test_records_tell_what_was_asked_and_said(asked: tuple[Path, Json]) -> None:
    out, metrics = asked
    rows = [json.loads(line) for line in (out / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(MODELS) * CELLS * ITEMS
    for row in rows:
        assert len(row["demonstrations"]) == row["shots"]
        assert len(row["completions"]) == (5 if row["method"] == "self_consistency" else 1)
    with (out / "cells.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(metrics["cells"])
    assert "seconds" not in (out / "cells.csv").read_text(encoding="utf-8"), "an artifact holds no time"


def test_a_run_that_broke_off_goes_on_and_finds_the_same(
    asked: tuple[Path, Json], stages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    complete = LocalPool.complete

    def count(self: LocalPool, requests: Any, *, what: str | None) -> Any:
        if len(counted) == 2:
            counted.append(0)
            raise PipelineError("broken off")
        counted.append(len(requests))
        return complete(self, requests, what=what)

    monkeypatch.setattr("components.prompting.asker.BATCH_ASKS", 40)
    monkeypatch.setattr(LocalPool, "complete", count)
    with pytest.raises(PipelineError, match="broken off"):
        run(make_config(), shared=SHARED, out=tmp_path, **stages)
    before = sum(counted)
    again = run(make_config(), shared=SHARED, out=tmp_path, **stages).to_json()
    out, metrics = asked
    assert drop_time(again) == drop_time(metrics)
    assert (tmp_path / "samples.jsonl").read_bytes() == (out / "samples.jsonl").read_bytes()
    new = sum(counted) - before
    monkeypatch.undo()
    assert before > 0 and new > 0
    assert before + new == count_distinct(out)


PROBES = 6
"""Questions that a model makes up, once for all items that share their demonstrations."""


def count_distinct(out: Path) -> int:
    """Different things that were asked: a sampled chain for each of its seeds, of which each item has its own."""
    rows = [json.loads(line) for line in (out / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    single = {(row["model"], row["prompt"], row["method"] == "direct") for row in rows if len(row["completions"]) == 1}
    chains = {(row["model"], row["id"]) for row in rows if row["method"] == "self_consistency"}
    return len(single) + 5 * len(chains) + PROBES * len(MODELS)
