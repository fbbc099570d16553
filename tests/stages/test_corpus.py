"""Stage `corpus` alone, on a local Ray."""

import bz2
import gzip
import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.base.errors import DataError
from components.base.yaml import read_yaml
from components.corpus.config import CorpusConfig
from components.runtime.session import ray_session
from components.tasks.config import PageConfig, SharedConfig
from components.tasks.run_tasks import draw_items
from pipelines.corpus import run
from tests.languages import make_copies

pytestmark = pytest.mark.ray
PARAMS = Path(__file__).parents[2] / "params.yaml"
PARAGRAPH = (
    "The river {} ran past the old mill, and the children of the village went there to fish with their "
    "fathers; in the {} evening they would come back with a basket of trout and a story to tell. Write to "
    "miller{}@example.org or go to see the mill {} in the morning."
)


@pytest.fixture(scope="module", autouse=True)
def ray() -> Iterator[None]:
    """One Ray for all tests of this file."""
    with ray_session():
        yield


@pytest.fixture(scope="module")
def shared() -> SharedConfig:
    section = read_yaml(PARAMS)["shared"]
    own = {"tasks": {"word_problems": section["tasks"]["word_problems"]}, "decontamination": {"generated_items": 200}}
    return SharedConfig.model_validate(section | own)


def make_config(**changes: Any) -> CorpusConfig:
    return CorpusConfig.model_validate(read_yaml(PARAMS)["corpus"] | changes)


def make_source(kind: str, path: Path, **more: Any) -> dict[str, Any]:
    common = {"name": kind, "weight": 1.0, "near_duplicate_threshold": 0.8, "quality": "prose", "sample": 1.0}
    return {"kind": kind, "path": str(path), **common, **more}


def read_split(out: Path, split: str) -> list[dict[str, str]]:
    files = sorted((out / "documents" / split).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def fill(number: int) -> str:
    """A paragraph that no other number's is a near-duplicate of."""
    names = [f"{word}{number}" for word in ("slow", "warm", "", "again")]
    body = PARAGRAPH.format(*names)
    return " ".join(
        f"{word}{number}" if i % 4 == 0 and "@" not in word else word for i, word in enumerate(body.split())
    )


def test_the_built_in_mixture_gives_two_disjoint_splits(shared: SharedConfig, tmp_path: Path) -> None:
    metrics = run(make_config(total_mb=0.5), shared=shared, out=tmp_path)
    train, validation = read_split(tmp_path, "train"), read_split(tmp_path, "validation")
    assert len(train) + len(validation) == metrics.documents_out
    assert {r["source"] for r in train} == {"stdlib", "word_problems"}
    assert not {r["id"] for r in train} & {r["id"] for r in validation}
    assert len({r["text"] for r in train + validation}) == metrics.documents_out
    assert metrics.sources["word_problems"].share_of_bytes == pytest.approx(11 / 12, abs=0.05)
    assert metrics.bytes_out == pytest.approx(500_000, rel=0.05)
    assert json.loads((tmp_path / "funnel.json").read_text()) == metrics.to_json()


def test_the_users_files_are_cleaned_counted_and_explained(shared: SharedConfig, tmp_path: Path) -> None:
    question = draw_items(shared, "test", 5)[4].question
    rows = [fill(1), fill(1).upper(), fill(2), "too short", fill(3) + " " + question, fill(1) + " Again."]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in rows) + "{broken\n")
    pq.write_table(pa.table({"body": [fill(4), fill(5)]}), tmp_path / "b.parquet")
    (tmp_path / "c.txt").write_text(fill(6) + "\n\n" + fill(7).replace("mill", "caf\u00c3\u00a9") + "\n")
    sources = [
        make_source("jsonl", tmp_path / "a.jsonl", field="text"),
        make_source("parquet", tmp_path / "b.parquet", field="body"),
        make_source("text", tmp_path / "c.txt", unit="paragraph"),
    ]
    (tmp_path / "out").mkdir()
    metrics = run(make_config(sources=sources, max_malformed_fraction=0.2), shared=shared, out=tmp_path / "out")
    dropped = {row.rule: row.documents for row in metrics.funnel}
    assert dropped == {"min_words": 1, "contaminated": 1, "exact_duplicate": 1, "near_duplicate": 1, "kept": 6}
    quarantined = json.loads((tmp_path / "out" / "quarantine.jsonl").read_text())
    assert (quarantined["file"], quarantined["line"]) == (str(tmp_path / "a.jsonl"), 7)
    assert "not JSON" in quarantined["reason"]
    assert metrics.malformed_rows == 1
    assert metrics.redactions == {"email": 6}
    assert metrics.documents_repaired == 1
    examples = json.loads((tmp_path / "out" / "examples.json").read_text())
    assert examples["min_words"][0]["text"] == "too short"
    assert set(examples) == set(dropped) - {"kept"}
    kept = " ".join(r["text"] for split in ("train", "validation") for r in read_split(tmp_path / "out", split))
    assert "@" not in kept and "<email>" in kept and "café" in kept


def test_too_many_broken_rows_stop_the_stage(shared: SharedConfig, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": fill(1)}) + "\n" + json.dumps({"body": fill(2)}) + "\n")
    sources = [make_source("jsonl", path, field="text")]
    with pytest.raises(DataError, match=r"a\.jsonl:2: field 'text' is missing; 1 of 2 rows"):
        run(make_config(sources=sources), shared=shared, out=tmp_path)
    assert json.loads((tmp_path / "quarantine.jsonl").read_text())["line"] == 2
    assert not (tmp_path / "documents").exists()


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_file_that_ends_early_stops_the_stage_whatever_may_be_malformed(
    shared: SharedConfig, tmp_path: Path, kind: str
) -> None:
    rows = [{"text": fill(i)} for i in range(3000)]
    if kind == "jsonl":
        packed = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
        (tmp_path / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    else:
        cells = [row["text"].encode() for row in rows]
        cells[2500] = b"caf\xe9"
        column = pa.array(cells, type=pa.binary())
        text = pa.Array.from_buffers(pa.string(), len(column), column.buffers())
        pq.write_table(pa.table({"text": text}), tmp_path / "a.parquet")
    sources = [make_source(kind, tmp_path / "a.*", field="text")]
    with pytest.raises(
        DataError, match=r"a\.\w+(\.gz)?: not a sound .* \d,\d+( of 3,000)? rows .*could be read before"
    ):
        run(make_config(sources=sources, max_malformed_fraction=1.0), shared=shared, out=tmp_path)
    assert not (tmp_path / "documents").exists()


def test_one_broken_line_that_holds_most_of_a_file_stops_the_stage(shared: SharedConfig, tmp_path: Path) -> None:
    rows = [json.dumps({"text": fill(i)}) for i in range(300)]
    (tmp_path / "a.jsonl").write_text("\n".join([*rows[:150], "[" + ",".join(rows[150:]) + "]"]))
    with pytest.raises(
        DataError, match=r"a\.jsonl:151: the row is a list.* bytes of source 'jsonl' stand in 1 malformed"
    ):
        sources = [make_source("jsonl", tmp_path / "a.jsonl", field="text")]
        run(make_config(sources=sources), shared=shared, out=tmp_path)


def test_a_folder_as_tools_leave_it_is_read_and_what_was_skipped_is_named(
    shared: SharedConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data, behind, out = tmp_path / "data", tmp_path / "behind", tmp_path / "out"
    for folder in (data, behind, out):
        folder.mkdir()
    lines = [json.dumps({"text": fill(i)}).encode() + b"\n" for i in range(6)]
    (data / "a.jsonl").write_bytes(lines[0])
    (data / "B.JSONL.GZ").write_bytes(gzip.compress(lines[1]))
    (data / "c.jsonl.bz2").write_bytes(bz2.compress(lines[2]))
    (data / "d.jsonl.xz").write_bytes(lzma.compress(lines[3]))
    (data / "e.jsonl.zst").write_bytes(pa.Codec("zstd").compress(lines[4]).to_pybytes())
    (behind / "f.jsonl").write_bytes(lines[5])
    (data / "linked").symlink_to(behind)
    (behind / "circle").symlink_to(data)
    for name in ("_SUCCESS", "README.md", ".a.jsonl.crc"):
        (data / name).write_text("not data")
    metrics = run(make_config(sources=[make_source("jsonl", data, field="text")]), shared=shared, out=out)
    assert metrics.documents_in == 6
    assert metrics.malformed_rows == 0
    skipped = {json.loads(line)["path"] for line in (out / "skipped.jsonl").read_text().splitlines()}
    assert skipped == {str(data / name) for name in ("_SUCCESS", "README.md", ".a.jsonl.crc", "linked/circle")}
    told = capfd.readouterr().err
    assert all(f"{path}: skipped" in told for path in skipped)


def test_near_duplicates_go_in_any_script_and_the_outcome_depends_on_the_documents_alone(
    shared: SharedConfig, tmp_path: Path
) -> None:
    from ray.data import DataContext, ExecutionResources

    texts = make_copies(6)
    for number in range(5):
        rows = "".join(json.dumps({"text": text}) + "\n" for text in texts[number::5])
        (tmp_path / f"{number}.jsonl").write_text(rows)
    sources = [make_source("jsonl", tmp_path / "*.jsonl", field="text", quality="off")]
    options = DataContext.get_current().execution_options
    outcomes = []
    for workers in (None, 1):
        options.resource_limits = ExecutionResources(cpu=workers)
        out = tmp_path / f"out{workers}"
        out.mkdir()
        metrics = run(make_config(sources=sources), shared=shared, out=out)
        outcomes.append({p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    options.resource_limits = ExecutionResources()
    assert outcomes[0] == outcomes[1]
    kept = [r["text"] for split in ("train", "validation") for r in read_split(out, split)]
    assert len(kept) == 12 and all(text.endswith(" 完") for text in kept)
    found = json.loads((out / "funnel.json").read_text())["near_duplicates"]["jsonl"]
    assert (found["bands"], found["rows"], found["dropped"]) == (20, 8, 12)
    assert {row["jaccard"]: row["theory"] for row in found["curve"]}[0.8] == pytest.approx(0.9746, abs=1e-4)
    assert metrics.near_duplicates["jsonl"].to_json() == found


def test_evaluation_items_of_any_script_are_kept_out_and_those_that_cannot_be_are_named(
    shared: SharedConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    items = [
        "汤姆给了安两个苹果，又给了五个邻居每人四个苹果，他还剩多少？",
        "Сколько яблок у Тома?",
        "Paris",
        "2, 4, 8",
    ]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps({"question": item}) + "\n" for item in items))
    rows = [
        f"前文。{items[0]}后文。",
        f"Вот вопрос: {items[1]} Ответ.",
        "Paris has numbers: 1, 2, 4, 8, 16",
        "1 2 3 4 5 6 7",
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    cfg = make_config(sources=[make_source("jsonl", tmp_path / "a.jsonl", field="text", quality="off")])
    part = {"path": "./items.jsonl", "format": "jsonl", "uses": ["test"]}
    page = {"rows": part, "question": "{{ question }}", "gold": {"template": "?"}}
    (tmp_path / "page.yaml").write_text(json.dumps(page))
    tasks = {**shared.tasks, "mine": PageConfig(kind="page", path=str(tmp_path / "page.yaml"))}
    (tmp_path / "out").mkdir()
    metrics = run(cfg, shared=shared.model_copy(update={"tasks": tasks}), out=tmp_path / "out")
    assert {row.rule: row.documents for row in metrics.funnel} == {"contaminated": 2, "kept": 2}
    named = json.loads((tmp_path / "out" / "decontamination.json").read_text())["unindexed"]
    assert (metrics.evaluation_items, metrics.evaluation_items_unindexed) == (204, len(named))
    assert {item["place"] for item in named[-2:]} == {f"{tmp_path}/items.jsonl:3", f"{tmp_path}/items.jsonl:4"}
    assert len(named) < 12 and not any(len(re.findall("[a-z]+", item["text"])) > 3 for item in named[:-2])
    assert "2 of 204 evaluation items cannot be looked for" in capfd.readouterr().err


def test_what_follows_the_mention_of_a_key_stays_and_a_whole_address_goes(shared: SharedConfig, tmp_path: Path) -> None:
    texts = [
        "Its first line is -----BEGIN RSA PRIVATE KEY-----\nand this must stay.",
        "Since version 2.4.1.0 mail goes to jean.d'arc@example.org only.",
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (tmp_path / "out").mkdir()
    sources = [make_source("jsonl", tmp_path / "a.jsonl", field="text", quality="off")]
    metrics = run(make_config(sources=sources), shared=shared, out=tmp_path / "out")
    assert metrics.redactions == {"email": 1}
    kept = {r["text"] for split in ("train", "validation") for r in read_split(tmp_path / "out", split)}
    assert kept == {texts[0], "Since version 2.4.1.0 mail goes to <email> only."}


def test_a_relative_path_means_the_same_place_in_a_worker(
    shared: SharedConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = []
    for name in ("here", "there"):
        folder = tmp_path / name
        (folder / "data").mkdir(parents=True)
        lines = [json.dumps({"text": fill(i)}) for i in range(4)]
        (folder / "data" / "a.jsonl").write_text("\n".join([*lines, "broken"]))
        monkeypatch.chdir(folder)
        sources = [make_source("jsonl", Path("data/*.jsonl"), field="text")]
        run(make_config(sources=sources, max_malformed_fraction=0.5), shared=shared, out=folder / "out")
        outcomes.append({p.name: p.read_bytes() for p in sorted((folder / "out").rglob("*.json*"))})
    assert outcomes[0] == outcomes[1]
    assert b'"file": "data/a.jsonl", "line": 5' in outcomes[0]["quarantine.jsonl"]


def test_documents_between_separators_are_documents(shared: SharedConfig, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n<|endoftext|>\n".join(fill(i) for i in range(5)))
    (tmp_path / "out").mkdir()
    sources = [make_source("text", tmp_path / "a.txt", unit="document")]
    metrics = run(make_config(sources=sources), shared=shared, out=tmp_path / "out")
    assert metrics.documents_out == 5
    assert all("<|" not in r["text"] for r in read_split(tmp_path / "out", "train"))


def test_an_empty_corpus_is_refused(shared: SharedConfig, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("far too short")
    with pytest.raises(DataError, match=r"no document is left of 1 \(min_words dropped 1\)"):
        run(make_config(sources=[make_source("text", tmp_path / "a.txt", unit="file")]), shared=shared, out=tmp_path)


def test_a_missing_file_is_refused_before_anything_runs(shared: SharedConfig, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.jsonl: no such file"):
        sources = [make_source("jsonl", tmp_path / "absent.jsonl", field="text")]
        run(make_config(sources=sources), shared=shared, out=tmp_path)


def test_a_refusal_in_a_worker_reaches_the_user_as_one_line(
    shared: SharedConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hub = {"kind": "hub", "dataset": str(tmp_path / "absent"), "subset": None, "split": "train", "revision": None}
    more = {"name": "hub", "weight": 1.0, "near_duplicate_threshold": None, "quality": "prose", "sample": 1.0}
    with pytest.raises(DataError, match=r"\A\S+: the dataset cannot be loaded \(.*\)\Z") as refusal:
        run(make_config(sources=[{**hub, **more, "field": "text"}]), shared=shared, out=tmp_path)
    assert "\n" not in str(refusal.value)
    assert "Traceback" not in capfd.readouterr().err
