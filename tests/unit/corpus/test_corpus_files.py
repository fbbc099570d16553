"""Files that the corpus leaves: what was kept, what was dropped and why, what could not be read."""

import json
from pathlib import Path

import pytest

from components.base.errors import DataError
from components.corpus.artifact import write_decontamination, write_documents, write_funnel, write_quarantine
from components.corpus.document_stats import MALFORMED, DocumentStats
from components.corpus.selection import Decision
from components.metrics.data import CorpusMetrics
from components.tasks.contamination import Sought, index_items


def make_stats(*, broken: bool = False, size: int = 10) -> DocumentStats:
    rule, detail = (MALFORMED, "not JSON") if broken else ("", "")
    return DocumentStats("" if broken else "id", "mine", rule, detail, size, 0, False, "{}", "", b"", "a.jsonl", 7)


def read_lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_documents_go_to_their_split_and_examples_of_drops_are_few(tmp_path: Path) -> None:
    texts = [{"id": str(i), "source": "mine", "text": f"text {i}"} for i in range(6)]
    decisions = {str(i): Decision("min_words", "3 words") for i in range(4)}
    decisions |= {"4": Decision("", "", "train"), "5": Decision("", "", "validation")}
    write_documents(texts, decisions, tmp_path, examples_per_rule=2)
    train, validation = (read_lines(tmp_path / "documents" / s / "part-00000.jsonl") for s in ("train", "validation"))
    assert train == [{"text": "text 4", "source": "mine", "id": "4"}]
    assert validation == [{"text": "text 5", "source": "mine", "id": "5"}]
    shown = json.loads((tmp_path / "examples.json").read_text(encoding="utf-8"))
    assert [example["id"] for example in shown["min_words"]] == ["0", "1"]


def test_a_few_broken_rows_are_listed_with_file_and_line(tmp_path: Path) -> None:
    write_quarantine([make_stats(broken=True), *[make_stats()] * 99], tmp_path / "quarantine.jsonl", 0.01)
    listed = read_lines(tmp_path / "quarantine.jsonl")
    assert listed == [{"source": "mine", "file": "a.jsonl", "line": 7, "reason": "not JSON"}]


@pytest.mark.parametrize(
    ("broken", "size", "said"),
    [(2, 10, "2 of 100 rows of source 'mine' are malformed"), (1, 5000, "5,000 of 5,990 bytes of source 'mine'")],
)
def test_too_many_broken_rows_or_bytes_stop_the_stage(tmp_path: Path, broken: int, size: int, said: str) -> None:
    stats = [make_stats(broken=True, size=size)] * broken + [make_stats()] * (100 - broken)
    with pytest.raises(DataError, match=f"^a.jsonl:7: not JSON; {said}"):
        write_quarantine(stats, tmp_path / "quarantine.jsonl", 0.01)


def test_items_that_cannot_be_looked_for_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = index_items([Sought("1 + 1 = 2", 13, "sums:1"), Sought("What is the capital of Peru?", 13, "cities:1")], 3)
    write_decontamination(index, tmp_path / "decontamination.json")
    assert "1 of 2 evaluation items cannot be looked for, first sums:1" in capsys.readouterr().err
    kept = json.loads((tmp_path / "decontamination.json").read_text(encoding="utf-8"))
    assert [item["place"] for item in kept["unindexed"]] == ["sums:1"]


def test_nobody_is_told_of_generated_items_that_cannot_be_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_decontamination(index_items([Sought("1 + 1 = 2", 13, "sums:1", True)], 3), tmp_path / "decontamination.json")
    assert capsys.readouterr().err == ""
    assert json.loads((tmp_path / "decontamination.json").read_text(encoding="utf-8"))["unindexed"]


def test_the_funnel_is_handed_on_as_it_is_kept(tmp_path: Path) -> None:
    metrics = CorpusMetrics(documents_in=3, documents_out=2)
    assert write_funnel(metrics, tmp_path / "funnel.json") == metrics
    assert json.loads((tmp_path / "funnel.json").read_text(encoding="utf-8")) == metrics.to_json()
