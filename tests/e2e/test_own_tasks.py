"""A run on public tasks alone, without a word problem: the whole graph, its targets and its words."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from components.base.files import read_json
from components.base.yaml import read_yaml
from tests.e2e.conftest import LIMIT_S, TINY, write_pairs
from tests.trees import copy_tree, run_in

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(3600),
    pytest.mark.skipif("ONTOGENY_DATA" not in os.environ, reason="ONTOGENY_DATA names no folder of public data"),
]
PAGES = "components/tasks/builtin"
COLUMNS = ["question", "a", "b", "c", "d", "answer"]
TELLING = {
    "max_turns": 2,
    "styles": {"cot": 0.3, "answer_only": 0.3, "unconstrained": 0.4},
    "unconstrained_cot_rate": 0.4,
}
NAMES = ("gsm8k", "mmlu", "sst2", "trec")


def make_tasks(data: Path) -> dict[str, Any]:
    """Grade-school maths from one file, multiple choice by letter, by text and by likelihood."""
    csv = {"format": "csv", "columns": COLUMNS}
    held = ["preference", "prompts", "validation", "test"]
    rows = {
        "gsm8k": [{"path": str(data / "gsm8k/train.jsonl"), "format": "jsonl", "limit": 600}],
        "mmlu": [
            {"path": str(data / "mmlu/dev"), "uses": ["train"], **csv},
            {"path": str(data / "mmlu/val"), "uses": held, "limit": 600, **csv},
        ],
    }
    return {
        name: {"kind": "page", "path": f"{PAGES}/{name}.yaml", "data_folder": str(data), "rows": rows.get(name)}
        for name in NAMES
    }


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copy_tree(tmp_path_factory.mktemp("own_tasks") / "tree", overrides=TINY)
    params = read_yaml(tree / "params.yaml")
    params["shared"]["tasks"] = make_tasks(Path(os.environ["ONTOGENY_DATA"]))
    told = {"kind": "task", "weight": 1.0, "cot_rate": 0.5, "near_duplicate_threshold": None}
    generated = [{"name": name, "task": name, **told} for name in ("gsm8k", "trec")]
    params["corpus"]["sources"] = [params["corpus"]["sources"][0] | {"weight": 1.0}, *generated]
    parts = [{"kind": "task", "task": name, "weight": 1.0, **TELLING} for name in NAMES]
    mixture = {"kind": "mixture", "pretraining_share": 0.1, "conversations": 96, "validation_conversations": 16}
    params["sft"] |= {"data": mixture | {"parts": parts}, "seq_len": 512}
    YAML(typ="safe").dump(params, tree / "params.yaml")
    write_pairs(tree / "pairs.jsonl")
    done = run_in(tree, "pipelines", "repro", timeout_s=LIMIT_S, CLUSTER="inprocess")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return tree


def read_metrics(tree: Path, stage: str) -> dict[str, Any]:
    metrics: dict[str, Any] = read_json(tree / "metrics" / f"{stage}.json")
    return metrics


def test_every_task_has_its_own_figures(tree: Path) -> None:
    for stage in ("sft", "align", "quantize"):
        assert set(read_metrics(tree, stage)["tasks"]) == set(NAMES), stage
    evaluate = read_metrics(tree, "evaluate")
    assert [evaluate["task"], *evaluate["tasks"]] == list(NAMES)
    assert set(evaluate["mean"]) == {"base", "sft", "aligned", "int8"}


def test_what_was_never_meant_for_this_run_is_not_asked(tree: Path) -> None:
    report = read_metrics(tree, "report")
    unasked = [target for target in report["targets"] if "met" not in target]
    assert len(unasked) == 5 and report["targets_total"] == len(report["targets"]) - 5


def test_no_word_of_the_report_speaks_of_problems(tree: Path) -> None:
    params = re.compile(r"<details.*?</details>", flags=re.DOTALL)
    name = read_yaml(tree / "params.yaml")["report"]["model_name"]
    for page in ("report.html", "model_card.md"):
        text = (tree / "artifacts" / "report" / page).read_text(encoding="utf-8").replace(name, "")
        assert not re.search("word.problem", params.sub("", text), flags=re.IGNORECASE), page
    suggested = read_yaml(tree / "artifacts" / "serve" / "serve_config.yaml")["applications"][0]["args"]["suggestions"]
    assert suggested and "plums" not in json.dumps(suggested)
