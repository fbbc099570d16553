"""Where documents come from."""

import gzip
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.base.errors import DataError
from components.base.yaml import read_yaml
from components.corpus.config import (
    CorpusConfig,
    HubSource,
    JsonlSource,
    LabelledWordsSource,
    StdlibSource,
    TaskSource,
    TextSource,
)
from components.corpus.documents import Document
from components.corpus.redaction import redact
from components.corpus.sources import TASK_READS, Malformed, ReadTask, plan_read_tasks, read_documents
from components.corpus.stdlib import read_stdlib
from components.datasets.config import LabelledWordsConfig
from components.tasks.config import SharedConfig, WordProblemsConfig
from tests.contracts.source import ROOT

SHARED = SharedConfig(
    seed=7, tasks={"word_problems": WordProblemsConfig(kind="word_problems", min_steps=1, max_steps=4)}
)


def texts(items: Iterator[Document | Malformed]) -> list[str]:
    return [item.text for item in items if isinstance(item, Document)]


def test_topics_are_english_and_come_in_a_fixed_order() -> None:
    first, second = (list(itertools.islice(read_stdlib("topics", "s"), 5)) for _ in range(2))
    assert first == second
    assert all(len(d.text) > 50 and d.quality == "prose" for d in first)


def test_docstrings_hold_no_code_around_them() -> None:
    found = list(itertools.islice(read_stdlib("docstrings", "s"), 5))
    assert all(d.origin.startswith("docstrings:") and '"""' not in d.text for d in found)


def test_code_is_whole_functions_and_classes() -> None:
    found = list(itertools.islice(read_stdlib("code", "s"), 20))
    assert all(re.match(r"(@|def |class |async def )", d.text) and d.quality == "code" for d in found)


def test_a_part_stops_at_its_size() -> None:
    source = StdlibSource.model_validate(
        {"kind": "python_stdlib", "name": "s", "weight": 1.0, "near_duplicate_threshold": None}
        | {"parts": {"docstrings": 0.0, "topics": 1.0, "code": 0.0}}
    )
    found = texts(read_documents(ReadTask(source, "topics", limit_bytes=10_000), SHARED))
    assert sum(len(t.encode()) for t in found[:-1]) < 10_000 <= sum(len(t.encode()) for t in found)


def test_reads_of_word_problems_do_not_overlap_and_style_is_free_of_length() -> None:
    source = TaskSource(
        kind="task", name="w", task="word_problems", weight=1.0, cot_rate=0.5, near_duplicate_threshold=None
    )
    tasks = [ReadTask(source, index=i, limit_bytes=20_000) for i in range(TASK_READS)]
    found = [text for read in tasks for text in texts(read_documents(read, SHARED))]
    assert len(set(found)) == len(found)
    long = [t for t in found if len(t.split("\n")[0].split()) > 38]
    direct = [len(t.split("\n")[1].split()) == 5 for t in long]
    assert sum(direct) / len(direct) == pytest.approx(0.5, abs=0.08)


def test_no_number_of_a_word_problem_is_taken_for_personal_data() -> None:
    source = TaskSource(
        kind="task", name="w", task="word_problems", weight=1.0, cot_rate=0.5, near_duplicate_threshold=None
    )
    found = texts(read_documents(ReadTask(source, limit_bytes=150_000), SHARED))
    assert all(redact(text, ["secret", "email", "ip", "phone"]) == (text, {}) for text in found)


def test_broken_lines_are_told_with_file_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "good"}\nnot json\n{"other": 1}\n{"text": "\xff"}\n')
    source = JsonlSource.model_validate(
        {"kind": "jsonl", "name": "j", "weight": 1.0, "near_duplicate_threshold": None, "path": str(path)}
        | {"field": "text", "quality": "prose", "sample": 1.0}
    )
    items = list(read_documents(ReadTask(source, str(path)), SHARED))
    assert [i.text for i in items if isinstance(i, Document)] == ["good"]
    bad = [i.row for i in items if isinstance(i, Malformed)]
    assert [(row.path, row.line) for row in bad] == [(path, 2), (path, 3), (path, 4)]
    assert "field 'text' is missing" in bad[1].reason


def test_a_sample_is_drawn_by_id_so_a_larger_one_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(f"line {i}" for i in range(1000)))
    kept = []
    for sample in (0.1, 0.3):
        source = TextSource.model_validate(
            {"kind": "text", "name": "t", "weight": 1.0, "near_duplicate_threshold": None, "path": str(path)}
            | {"unit": "line", "quality": "off", "sample": sample}
        )
        kept.append(set(texts(read_documents(ReadTask(source, str(path)), SHARED))))
    assert 60 < len(kept[0]) < 140
    assert kept[0] < kept[1]


def test_a_large_file_is_read_in_slices_that_hold_each_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": f"row {i}"}) + "\n" for i in range(1000)) + "broken\n")
    source = {"kind": "jsonl", "name": "j", "weight": 1.0, "near_duplicate_threshold": None, "path": str(path)}
    section = read_yaml(ROOT / "params.yaml")["corpus"] | {
        "sources": [source | {"field": "text", "quality": "off", "sample": 1.0}]
    }
    cfg = CorpusConfig.model_validate(section)
    assert len(plan_read_tasks(cfg)) == 1
    monkeypatch.setattr("components.corpus.sources.SLICE_BYTES", 4000)
    tasks = plan_read_tasks(cfg)
    items = [item for read in tasks for item in read_documents(read, SHARED)]
    assert len(tasks) > 2
    assert sorted(texts(iter(items))) == sorted(f"row {i}" for i in range(1000))
    assert [item.row.line for item in items if isinstance(item, Malformed)] == [1001]


def make_hub(dataset: str) -> HubSource:
    return HubSource.model_validate(
        {"kind": "hub", "name": "h", "weight": 1.0, "near_duplicate_threshold": None, "dataset": dataset}
        | {"subset": None, "split": "train", "revision": None, "field": "text", "quality": "off", "sample": 1.0}
    )


def test_a_dataset_folder_is_read_like_one_of_the_hub(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"text": "first"}\n{"text": "second"}\n')
    assert texts(read_documents(ReadTask(make_hub(str(tmp_path))), SHARED)) == ["first", "second"]


def test_a_dataset_stream_that_ends_early_fails_and_tells_how_much_was_read(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"text": f"row {i} " + "x" * 500}) + "\n" for i in range(60_000))
    packed = gzip.compress(rows.encode())
    (tmp_path / "train.jsonl.gz").write_bytes(packed[: len(packed) * 9 // 10])
    found = 0
    with pytest.raises(
        DataError, match=r"the stream ended before the dataset .* [\d,]+ rows could be read before"
    ) as told:
        for _ in read_documents(ReadTask(make_hub(str(tmp_path))), SHARED):
            found += 1
    assert 0 < found < 60_000
    assert f"{found:,} rows" in str(told.value)


def test_a_dataset_that_cannot_be_had_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the dataset cannot be loaded"):
        list(read_documents(ReadTask(make_hub(str(tmp_path / "absent"))), SHARED))


def test_labelled_words_are_a_source_without_end_whose_reads_share_no_document() -> None:
    words = LabelledWordsConfig(classes=8, labels=2)
    source = LabelledWordsSource(
        kind="labelled_words", name="w", weight=1.0, near_duplicate_threshold=None, words=words, burstiness=1.0
    )
    both = [texts(read_documents(ReadTask(source, index=index, limit_bytes=2000), SHARED)) for index in (0, 1)]
    again = texts(read_documents(ReadTask(source, index=0, limit_bytes=2000), SHARED))
    assert both[0] == again != both[1]
    for text in both[0]:
        *shown, last = text.splitlines()
        assert len(shown) == 8 and shown.count(last) == 3, "its last word has stood before, with the same label"
