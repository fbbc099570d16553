"""A mistake in params.yaml is one line, exit code 2, and nothing written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trees import copy_tree, run_in

MISTAKES = {
    "an unknown parameter": ("seed: 17", "sead: 17", "shared.sead: unknown parameter"),
    "a word for a number": ("seed: 17", "seed: many", "shared.seed: "),
    "a number out of range": ("seed: 17", "seed: -1", "shared.seed: "),
    "a float for an integer": ("seed: 17", "seed: 17.5", "shared.seed: "),
    "another kind": ("kind: byte_bpe", "kind: bite_bpe", "tokens.kind: 'bite_bpe' is not one of"),
    "a key given twice": ("seed: 17", "seed: 17\n  seed: 18", "params.yaml:5:"),
    "no YAML": ("seed: 17", "seed: [17", "not valid YAML"),
    "a lost section": ("\ntokens:", "\ntokenz:", "tokenz: unknown parameter"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(params=list(MISTAKES.values()), ids=list(MISTAKES))
def said(request: pytest.FixtureRequest, tree: Path) -> Iterator[str]:
    """The tree with one mistake in it, and what must be said of it."""
    good, bad, said = request.param
    path = tree / "params.yaml"
    original = path.read_text(encoding="utf-8")
    assert good in original
    path.write_text(original.replace(good, bad, 1), encoding="utf-8")
    yield said
    path.write_text(original, encoding="utf-8")


def listing(tree: Path) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if "__pycache__" not in path.parts}


def test_a_mistake_is_told_in_one_line_and_nothing_is_written(tree: Path, said: str) -> None:
    before = listing(tree)
    done = run_in(tree, "pipelines", "check")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert listing(tree) == before


def test_a_mistake_stops_the_graph_before_its_first_stage(tree: Path) -> None:
    path = tree / "params.yaml"
    original = path.read_text(encoding="utf-8")
    path.write_text(original.replace("seed: 17", "sead: 17", 1), encoding="utf-8")
    done = run_in(tree, "dvc", "repro")
    path.write_text(original, encoding="utf-8")
    assert done.returncode != 0
    assert "shared.sead: unknown parameter" in done.stderr
    assert not (tree / "artifacts").exists()
    assert not (tree / "metrics").exists()


def test_a_cluster_file_that_is_not_there_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER", "nowhere")
    done = run_in(tree, "pipelines", "check")
    assert done.returncode == 2
    assert "nowhere.yaml: the file is missing" in done.stderr


def test_an_unknown_stage_is_refused_with_the_choices(tree: Path) -> None:
    done = run_in(tree, "pipelines", "run", "pretraining")
    assert done.returncode == 2
    assert "pretrain" in done.stderr
    assert "Traceback" not in done.stderr
