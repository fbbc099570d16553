"""What docs/bring-your-own.md shows works as it is written: its very fragments, on a local Ray.

Each fragment is laid over the params of the tiny run, its files lie where it says, relative to the repository, and
its stage runs on training workers of its own.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from components.base.yaml import read_yaml
from tests.e2e.conftest import LIMIT_S, Runs, write_pairs
from tests.trees import ROOT, overlay, run_in

pytestmark = [pytest.mark.ray, pytest.mark.timeout(3600)]  # three whole runs come first
SHOWN = (ROOT / "docs" / "bring-your-own.md").read_text(encoding="utf-8")
FRAGMENTS: dict[str, Any] = {
    stage: section
    for block in re.findall(r"```yaml\n(.*?)```", SHOWN, flags=re.DOTALL)
    for stage, section in YAML(typ="safe").load(block).items()
    if section.get("kind") != "external"
}
WORKER = """
import shutil
from pathlib import Path

def run(cfg, *, shared, tokens: Path, sft: Path, preferences: Path, reward: Path, out: Path) -> dict:
    assert cfg.options == {"beta": 0.1}
    shutil.copytree(sft / "model", out / "model")
    return {"kl_to_sft": 0.0}
"""


def write_lines(path: Path, rows: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def bring_documents(tree: Path) -> None:
    story = "In the morning the old man went to the river, and there he saw that the boat was gone; {} was left. "
    texts = ["".join(story.format(f"{i} and {k}") for k in range(12)) for i in range(120)]
    write_lines(tree / "data/mine/a.jsonl", [{"text": text} for text in texts])


def bring_chats(tree: Path) -> None:
    asked = [{"prompt": f"What comes after {i}?", "completion": f"After {i} comes {i + 1}."} for i in range(40)]
    write_lines(tree / "data/chats.jsonl", asked)


def bring_prompts(tree: Path) -> None:
    write_lines(tree / "data/prompts.jsonl", [{"prompt": f"What is {i} + 1?"} for i in range(40)])


def bring_task(tree: Path) -> None:
    rows = [{"question": f"What is {i} + 2?", "answer": f"It is {i} + 2 = {i + 2}.\n#### {i + 2}"} for i in range(4)]
    write_lines(tree / "data/gsm8k/test.jsonl", rows)
    write_lines(tree / "data/gsm8k/train.jsonl", [row | {"question": f"Say: {row['question']}"} for row in rows * 8])


def bring_model(tree: Path) -> None:
    shutil.copytree(tree / "artifacts/sft/model", tree / "models/mine", dirs_exist_ok=True)


def bring_package(tree: Path) -> None:
    (tree / "mypackage").mkdir(exist_ok=True)
    (tree / "mypackage/__init__.py").touch()
    (tree / "mypackage/dpo.py").write_text(WORKER, encoding="utf-8")


BRING: dict[str, Callable[[Path], None]] = {
    "corpus": bring_documents,
    "sft": bring_chats,
    "preferences": lambda tree: write_pairs(tree / "data/preferences.jsonl"),
    "align": bring_prompts,
    "shared": bring_task,
    "tokens": bring_model,
    "pretrain": bring_model,
}


@pytest.fixture(scope="module")
def tree(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished tiny run, to be taken further."""
    assert runs.second.returncode == 0
    tree = tmp_path_factory.mktemp("own") / "tree"
    shutil.copytree(runs.tree, tree, ignore=shutil.ignore_patterns(".runs", ".dvc"))
    return tree


def run_with(tree: Path, stage: str, section: Any) -> str:
    """Run a stage with its section laid over, `evaluate` with the section of all; returns what was said."""
    path = tree / "params.yaml"
    original = path.read_text(encoding="utf-8")
    params = read_yaml(path)
    kept = {key: value for key, value in params[stage].items() if key not in DROPPED.get(stage, ())}
    kept |= {"kind": section["kind"]} if "kind" in section else {}
    params[stage] = section if section.get("kind") == "external" else overlay(kept, section)
    YAML(typ="safe").dump(params, path)
    try:
        done = run_in(tree, "pipelines", "run", STAGE_OF.get(stage, stage), timeout_s=LIMIT_S, CLUSTER="often.yaml")
    finally:
        path.write_text(original, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


STAGE_OF = {"shared": "evaluate"}
"""The stage that shows what a section of no single stage does."""
DROPPED = {
    "tokens": ("vocab_size", "pattern", "training_bytes", "sentinels"),
    "pretrain": ("model",),
}
"""What the page says to drop with another kind."""


def test_every_kind_of_input_is_shown() -> None:
    assert set(FRAGMENTS) == set(BRING)


@pytest.mark.parametrize("stage", BRING)
def test_a_fragment_works_as_it_is_shown(stage: str, tree: Path) -> None:
    BRING[stage](tree)
    run_with(tree, stage, FRAGMENTS[stage])
    assert (tree / "artifacts" / STAGE_OF.get(stage, stage) / "manifest.json").is_file()


def test_a_component_of_ones_own_takes_a_stages_place(tree: Path) -> None:
    bring_package(tree)
    block = re.search(r"^align: \{kind: external.*$", SHOWN, flags=re.MULTILINE)
    assert block
    run_with(tree, "align", YAML(typ="safe").load(block[0])["align"])
