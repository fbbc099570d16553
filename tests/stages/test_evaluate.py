"""The evaluate stage alone: four tiny models, five methods, two tasks, every record kept."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from components.base.validation import validate
from components.evaluate.config import EvaluateConfig
from components.metrics.figures import Json
from components.metrics.intervals import wilson_interval
from components.model.int8 import quantize_model, save_int8
from components.runtime.folder import stamp_tokenizer
from components.tasks.config import PageConfig, SharedConfig
from components.text.tokenizer import save_tokenizer
from pipelines.evaluate import run
from tests.tiny import SHARED, make_model, make_tokenizer, write_model

MODELS = ["base", "sft", "aligned", "int8"]
METHODS = ["zero_shot", "few_shot", "zero_shot_cot", "few_shot_cot", "self_consistency"]
PROBLEMS, SAMPLES = 6, 3


def make_config() -> EvaluateConfig:
    section = {
        "kind": "prompting",
        "methods": METHODS,
        "items": PROBLEMS,
        "exemplar_pool": 4,
        "shots": 1,
        "answer_only_max_new_tokens": 4,
        "cot_max_new_tokens": 10,
        "self_consistency": {"samples": SAMPLES, "temperature": 0.7, "top_p": 0.9},
        "confidence": 0.95,
    }
    config: EvaluateConfig = validate(EvaluateConfig, section, where="test")
    return config


def make_shared(folder: Path) -> SharedConfig:
    page = PageConfig(kind="page", path="components/tasks/builtin/gsm8k.yaml", data_folder=str(folder))
    return SHARED.model_copy(update={"tasks": {**SHARED.tasks, "gsm8k": page}})


def write_stages(folder: Path) -> dict[str, Path]:
    tokenizer = make_tokenizer()
    stages = {
        name: write_model(tokenizer, folder / name, seed=i) for i, name in enumerate(("pretrain", "sft", "align"))
    }
    model = make_model(tokenizer, seed=2)
    stamp_tokenizer(model, tokenizer)
    save_int8(quantize_model(model, embeddings=True), folder / "quantize" / "model")
    save_tokenizer(tokenizer, folder / "quantize" / "model")
    return stages | {"quantize": folder / "quantize"}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Json]:
    folder = tmp_path_factory.mktemp("evaluate")
    row = {"question": "Ann has 3 nuts and buys 4. How many nuts?", "answer": "3 + 4 = 7\n#### 7", "difficulty": 1}
    long = {"question": "Ann has 3 nuts. " * 300, "answer": "#### \u22123"}
    (folder / "gsm8k").mkdir()
    (folder / "gsm8k" / "train.jsonl").write_text(
        json.dumps({"question": "Why?", "answer": "#### 1"}), encoding="utf-8"
    )
    (folder / "gsm8k" / "test.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(long)}\n", encoding="utf-8")
    out = folder / "out"
    out.mkdir()
    return out, run(make_config(), shared=make_shared(folder), out=out, **write_stages(folder)).to_json()


def read_records(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "samples.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_model_meets_every_method(evaluated: tuple[Path, Json]) -> None:
    _, metrics = evaluated
    assert list(metrics["table"]) == MODELS
    for table, n in ((metrics["table"], PROBLEMS), (metrics["tasks"]["gsm8k"], 2)):
        for row in table.values():
            assert list(row) == METHODS
            assert all(cell["n"] == n and cell["low"] <= cell["exact_match"] <= cell["high"] for cell in row.values())
    assert metrics["ignored_fields"] == {"gsm8k": {"difficulty": 1}}
    assert metrics["few_shot_cot_above_direct"] is (metrics["few_shot_cot_minus_direct"] > 0)


def test_the_table_is_what_the_records_say(evaluated: tuple[Path, Json]) -> None:
    out, metrics = evaluated
    records = read_records(out)
    assert len(records) == len(MODELS) * len(METHODS) * (PROBLEMS + 2)
    for model, row in metrics["table"].items():
        for method, cell in row.items():
            own = [r for r in records if (r["model"], r["method"], r["task"]) == (model, method, "word_problems")]
            assert cell["exact_match"] == round(sum(r["correct"] for r in own) / PROBLEMS, 4)
            assert cell["high"] == round(wilson_interval(sum(r["correct"] for r in own), PROBLEMS, 0.95).high, 4)


def test_records_keep_prompt_completions_and_reading(evaluated: tuple[Path, Json]) -> None:
    out, _ = evaluated
    for record in read_records(out):
        count = SAMPLES if record["method"] == "self_consistency" else 1
        if record["prompt"] is not None:
            assert len(record["completions"]) == len(record["answers"]) == count
        assert record["correct"] == (record["extracted"] == record["gold"])
    chains = [r for r in read_records(out) if r["method"] == "self_consistency" and r["prompt"] is not None]
    assert any(len(set(r["completions"])) > 1 for r in chains)


def test_a_question_longer_than_the_context_counts_as_wrong_and_is_counted(
    evaluated: tuple[Path, Json],
) -> None:
    out, metrics = evaluated
    too_long = [r for r in read_records(out) if r["prompt"] is None]
    assert len(too_long) == metrics["questions_too_long"] == len(MODELS) * len(METHODS)
    assert not any(r["correct"] or r["completions"] for r in too_long)
    assert {r["gold"] for r in too_long} == {"-3"}  # written with a minus sign of its own


def test_tables_and_plots_lie_beside_the_records(evaluated: tuple[Path, Json]) -> None:
    out, metrics = evaluated
    with (out / "accuracy.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(MODELS) * len(METHODS)
    assert float(rows[0]["exact_match"]) == metrics["table"]["base"]["zero_shot"]["exact_match"]
    for name in ("accuracy.svg", "accuracy_gsm8k.svg"):
        assert "self-consistency" in (out / name).read_text(encoding="utf-8")


def test_a_second_evaluation_finds_the_same(evaluated: tuple[Path, Json], tmp_path: Path) -> None:
    out, metrics = evaluated
    stages = {name: out.parent / name for name in ("pretrain", "sft", "align", "quantize")}
    again = run(make_config(), shared=make_shared(out.parent), out=tmp_path, **stages).to_json()
    assert again == metrics
    assert (tmp_path / "samples.jsonl").read_bytes() == (out / "samples.jsonl").read_bytes()
    assert (tmp_path / "accuracy.svg").read_bytes() == (out / "accuracy.svg").read_bytes()
