"""A model's answers against lm-eval's own HF backend, item by item.

Needs two environment variables: LM_EVAL_PYTHON, a Python that has lm_eval==0.4.13, and LM_EVAL_MODEL, a model folder.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.evaluate.harness.run import run_suite
from components.model.config import InferenceConfig
from components.tasks.harness.suite import open_suite
from tests.unit.evaluate.harness import pages

PYTHON, MODEL = os.environ.get("LM_EVAL_PYTHON"), os.environ.get("LM_EVAL_MODEL")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (PYTHON and MODEL), reason="LM_EVAL_PYTHON and LM_EVAL_MODEL name what to compare with"),
]
ASKED: dict[str, dict[str, Any]] = {
    "mc": {"metric_list": [{"metric": m} for m in ("acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match")]},
    "gen": {
        "generation_kwargs": {"until": ["Question:", "\n\n"], "max_gen_toks": 24, "do_sample": False},
        "filter_list": [
            {
                "name": "number",
                "filter": [
                    {"function": "regex", "regex_pattern": "(-?[0-9.,]{2,})|(-?[0-9]+)", "group_select": -1},
                    {"function": "take_first"},
                ],
            },
            {"name": "low", "filter": [{"function": "lowercase"}, {"function": "take_first"}]},
        ],
        "metric_list": [
            {
                "metric": "exact_match",
                "ignore_case": True,
                "ignore_punctuation": True,
                "regexes_to_ignore": [",", "\\$"],
            }
        ],
    },
}
NAMES = (
    "mc_letters_0", "mc_letters_5", "mc_description", "mc_prefix", "mc_same_split", "mc_delimiters_3", "gen_default",
    "gen_prefix", "gen_list", "ll_last_word", "ll_shots", "roll", "roll_column",
)  # fmt: skip


def write_pages(folder: Path) -> None:
    pages.write_rows(folder)
    for name, page in pages.list_pages().items():
        kind = name.partition("_")[0]
        (folder / f"{name}.yaml").write_text(json.dumps({**page, **ASKED.get(kind, {})}), encoding="utf-8")


def read_samples(out: Path, name: str) -> list[dict[str, Any]]:
    [file] = out.glob(f"samples_{name}_*.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def compare(name: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> float:
    """The largest difference of two log-likelihoods; all else must be equal."""
    largest = 0.0
    for own, other in zip(ours, theirs, strict=True):
        where = f"{name}, item {own['doc_id']}"
        for key in ("doc_id", "prompt_hash", "doc_hash", "target_hash", "filter"):
            assert own[key] == other[key], f"{where}: {key}"
        assert sorted(own["metrics"]) == sorted(other["metrics"]), where
        for mine, given in zip(own["resps"], other["resps"], strict=True):
            if isinstance(given[0], list):  # a log-likelihood, and whether it is the likeliest
                largest = max(largest, abs(float(mine[0][0]) - float(given[0][0])))
                assert mine[0][1] == str(given[0][1]), where
            elif isinstance(given[0], float):
                largest = max(largest, abs(float(mine[0]) - given[0]))
            else:
                assert mine == given, where
        for metric in own["metrics"]:
            if "perplexity" not in metric and metric != "bits_per_byte":
                assert own[metric] == pytest.approx(float(other[metric])), f"{where}: {metric}"
    return largest


def test_answers_equal_those_of_lm_eval(tmp_path: Path) -> None:
    assert PYTHON and MODEL
    write_pages(tmp_path)
    script = Path(__file__).with_name("run_lm_eval.py")
    theirs_file = tmp_path / "theirs.json"
    subprocess.run([PYTHON, script, tmp_path, MODEL, theirs_file, "4", *NAMES], check=True, capture_output=True)
    theirs = json.loads(theirs_file.read_text(encoding="utf-8"))
    differences = {}
    for name in NAMES:
        out = tmp_path / name
        run_suite(open_suite(tmp_path / f"{name}.yaml"), Path(MODEL), out, inference=InferenceConfig(dtype="float32"))
        differences[name] = compare(name, read_samples(out, name), theirs[name]["samples"])
        [file] = out.glob("results_*.json")
        results = json.loads(file.read_text(encoding="utf-8"))["results"][name]
        for key, value in theirs[name]["results"].items():
            if "," in key and isinstance(value, float):
                assert float(results[key]) == pytest.approx(value, rel=1e-4), f"{name}: {key}"
    print({name: f"{value:.1e}" for name, value in differences.items()})
    assert max(differences.values()) <= 1e-4


def test_lm_eval_s_own_command_gives_the_same_figures_over_our_engine(tmp_path: Path) -> None:
    assert PYTHON and MODEL
    write_pages(tmp_path)
    names = ("mc_letters_5", "roll")
    command = f"-m components.evaluate.harness lm_eval --model ontogeny --model_args pretrained={MODEL},dtype=float32"
    asked = ["--tasks", ",".join(names), "--include_path", str(tmp_path), "--output_path", str(tmp_path / "theirs")]
    told = {**os.environ, "PYTHONPATH": str(Path.cwd()), "HF_DATASETS_OFFLINE": "1"}
    subprocess.run([PYTHON, *command.split(), *asked], check=True, capture_output=True, cwd=tmp_path, env=told)
    [file] = (tmp_path / "theirs").rglob("results_*.json")
    theirs = json.loads(file.read_text(encoding="utf-8"))["results"]
    for name in names:
        out = tmp_path / name
        run_suite(open_suite(tmp_path / f"{name}.yaml"), Path(MODEL), out, inference=InferenceConfig(dtype="float32"))
        [own] = out.glob("results_*.json")
        results = json.loads(own.read_text(encoding="utf-8"))["results"][name]
        for key, value in theirs[name].items():
            if "," in key and isinstance(value, float):
                assert float(results[key]) == pytest.approx(value, rel=1e-4), f"{name}: {key}"
