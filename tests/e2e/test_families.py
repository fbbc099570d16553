"""Public families through all stages: their folder, the user's files and task, and no word problem."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from components.base.files import read_json
from components.base.yaml import read_yaml
from pipelines.params import STAGES
from pipelines.recipe import overlay
from tests.chat_families import write_family
from tests.trees import ROOT, environment

pytestmark = [pytest.mark.ray, pytest.mark.timeout(1200)]

FAMILIES = ("Gemma", "Llama 3", "GPT-2", "Qwen", "Mistral", "GPT-NeoX")
CLUSTER = os.environ.get("FAMILIES_CLUSTER", "inprocess")
"""Training in the stage's process by default: groups of workers take longer than all else, and what is trained is the
same. FAMILIES_CLUSTER=local runs them on the default local Ray (see docs/decisions.md)."""
PAGE = """
rows: {path: ./sums.jsonl, format: jsonl}
question: "What is {{ a }} + {{ b }}?"
gold: {template: "{{ a + b }}"}
solution: {answer_only: "{{ gold }}", cot: "{{ a }} + {{ b }} = {{ gold }}. The answer is {{ gold }}."}
answer: {extractors: [last_number]}
exemplars: []
metric: exact_match
"""
ITEMS = 4
SUMS = [(a, b) for a in range(1, 9) for b in range(1, 9)]


def lay_out(folder: Path, family: str) -> Path:
    """What a user has: params, a model and files."""
    data = folder / "data"
    data.mkdir(parents=True)
    for package in ("components", "pipelines"):
        (folder / package).symlink_to(ROOT / package)
    params = overlay(read_yaml(ROOT / "params.yaml"), read_yaml(Path(__file__).parent / "family.yaml"))
    YAML(typ="safe").dump(params, folder / "params.yaml")
    texts = [f"{a} and {b} make {a + b}, and {b} and {a} make {a + b}. So it goes with sums." for a, b in SUMS]
    write_family(family, data / "model", texts=texts)
    pairs = [
        {"prompt": f"Is it {a}?", "chosen": f"Yes, it is {a}.", "rejected": f"No {b} idea."} for a, b in SUMS if a != b
    ]
    sums = [{"a": a, "b": b} for a, b in SUMS]
    rows: dict[str, list[Any]] = {"texts": [{"text": text} for text in texts], "sums": sums, "pairs": pairs}
    for name, lines in rows.items():
        (data / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
    (data / "sums.yaml").write_text(PAGE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("families")
    folders = {family: lay_out(home / family.replace(" ", ""), family) for family in FAMILIES}
    told = [f"{folders[family]}={CLUSTER}" for family in FAMILIES]
    with (home / "log.txt").open("w", encoding="utf-8") as log:
        subprocess.run(
            [sys.executable, "-m", "tests.e2e.family_runs", *told],
            cwd=ROOT, env=environment() | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=subprocess.STDOUT,
            timeout=1000, check=False,
        )  # fmt: skip
    return folders


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_goes_through_all_stages(family: str, runs: dict[str, Path]) -> None:
    folder = runs[family]
    failure = folder / "failure.txt"
    assert not failure.exists(), failure.read_text(encoding="utf-8")[-4000:]
    assert read_json(folder / "metrics" / "evaluate.json")["table"]["int8"]["few_shot"]["n"] == ITEMS
    assert read_json(folder / "metrics" / "serve.json")["parity"] == 1
    for stage in STAGES:
        if stage != "code":
            assert read_json(folder / "artifacts" / stage / "manifest.json")["stage"] == stage
