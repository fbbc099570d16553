"""Reads: the pieces of work that bring documents in, and how each is done."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import assert_never

from components.base.data_files import Skipped, list_data_files
from components.base.errors import ParamsError
from components.base.rng import derive_seed, draw_uniform
from components.corpus.config import (
    CorpusConfig,
    HubSource,
    JsonlSource,
    LabelledWordsSource,
    ParquetSource,
    Source,
    StdlibSource,
    TaskSource,
    TextSource,
)
from components.corpus.documents import Document
from components.corpus.stdlib import Part, read_stdlib
from components.datasets.bursty import LabelledWords
from components.datasets.hub_door import read_hub
from components.datasets.rows import BadRow, Row, find_files, read_rows
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import open_task

TASK_READS = 8
MEGABYTE = 1_000_000
SLICE_BYTES = 8 * MEGABYTE
MOST_SLICES = 16
"""A large file is cut into so many tasks, of every n-th row each, so that one file keeps all workers busy: to pass
over a row costs a hundredth of what it costs to clean one. Their number depends on the file alone."""


@dataclass(frozen=True)
class ReadTask:
    """One piece of a source: a file or every n-th row of it, a part, or every n-th generated document, up to a size."""

    source: Source
    piece: str = ""
    index: int = 0
    stride: int = 1
    folder: str = ""
    """Where a relative `piece` begins: a worker stands elsewhere."""
    limit_bytes: float = float("inf")


@dataclass(frozen=True)
class Malformed:
    """A row that could not be read: where, and why."""

    source: str
    row: BadRow


def share_bytes(cfg: CorpusConfig) -> dict[str, float]:
    """Bytes that each source may contribute; raises ParamsError when two sources have one name."""
    names = [source.name for source in cfg.sources]
    if len(set(names)) < len(names):
        raise ParamsError(f"corpus.sources: every source needs a name of its own, got {names}")
    total = sum(source.weight for source in cfg.sources)
    return {s.name: cfg.total_mb * MEGABYTE * s.weight / total for s in cfg.sources}


def plan_read_tasks(cfg: CorpusConfig) -> list[ReadTask]:
    """All tasks of all sources; raises DataError when a source's file is missing."""
    shares = share_bytes(cfg)
    return [read for source in cfg.sources for read in _plan(source, shares[source.name] * cfg.oversample)]


def list_skipped(cfg: CorpusConfig) -> list[Skipped]:
    """Every file and folder that lies among the sources' files and is not read, and why."""
    sources = [s for s in cfg.sources if isinstance(s, TextSource | JsonlSource | ParquetSource)]
    return [item for source in sources for item in list_data_files(Path(source.path), source.kind).skipped]


def _plan(source: Source, limit: float) -> list[ReadTask]:
    match source:
        case StdlibSource():
            parts = {name: weight for name, weight in source.parts.model_dump().items() if weight}
            whole = sum(parts.values())
            return [ReadTask(source, name, limit_bytes=limit * weight / whole) for name, weight in parts.items()]
        case TaskSource() | LabelledWordsSource():
            each = limit / TASK_READS
            return [ReadTask(source, index=i, limit_bytes=each) for i in range(TASK_READS)]
        case TextSource() | JsonlSource() | ParquetSource():
            return [read for file in find_files(Path(source.path), source.kind) for read in _slice(source, file)]
        case HubSource():
            return [ReadTask(source)]
        case _:
            assert_never(source)


def _slice(source: Source, file: Path) -> list[ReadTask]:
    size = file.stat().st_size if file.exists() else 0
    count = min(MOST_SLICES, 1 + size // SLICE_BYTES)
    return [ReadTask(source, str(file), index=i, stride=count, folder=str(Path.cwd())) for i in range(count)]


def read_documents(task: ReadTask, shared: SharedConfig) -> Iterator[Document | Malformed]:
    """The documents of one task, until they reach its size."""
    size = 0
    for item in _open(task, shared):
        yield item
        size += len(item.text.encode()) if isinstance(item, Document) else 0
        if size >= task.limit_bytes:
            return


def _open(task: ReadTask, shared: SharedConfig) -> Iterator[Document | Malformed]:
    source, file = task.source, Path(task.folder, task.piece)
    match source:
        case StdlibSource():
            yield from read_stdlib(_as_part(task.piece), source.name)
        case TaskSource():
            yield from _generate(source, task.index, shared)
        case LabelledWordsSource():
            yield from _draw_sequences(source, task.index, shared.seed)
        case TextSource():
            rows = read_rows(file, "text", text_unit=source.unit, separator=source.separator)
            yield from _take(rows, source, "text", task)
        case JsonlSource():
            rows = read_rows(file, "jsonl", required=[source.field])
            yield from _take(rows, source, source.field, task)
        case ParquetSource():
            rows = read_rows(file, "parquet", required=[source.field])
            yield from _take(rows, source, source.field, task)
        case HubSource():
            rows = read_hub(source.dataset, source.subset, source.split, source.revision)
            yield from _take(map(partial(_require_text, source.field), rows), source, source.field, task)
        case _:
            assert_never(source)


def _require_text(field: str, row: Row) -> Row | BadRow:
    text = row.fields.get(field)
    return row if isinstance(text, str) else BadRow(row.path, row.line, f"field {field!r} is not text")


def _take(
    rows: Iterator[Row | BadRow],
    source: TextSource | JsonlSource | ParquetSource | HubSource,
    field: str,
    task: ReadTask,
) -> Iterator[Document | Malformed]:
    """The rows that this read is for, of which the source's sample; a broken row is drawn like any other."""
    for row in islice(rows, task.index, None, task.stride):
        text = row.fields[field] if isinstance(row, Row) else ""
        # As the params name it, so that an id does not depend on where the repository lies.
        path = Path(task.piece) if task.piece else row.path
        document = Document(source.name, f"{path}:{row.line}", text, source.quality)
        if source.sample < 1 and draw_uniform("sample", document.id) >= source.sample:
            continue
        yield document if isinstance(row, Row) else Malformed(source.name, replace(row, path=path))


def _generate(source: TaskSource, first: int, shared: SharedConfig) -> Iterator[Document]:
    task = open_task(shared, source.task)
    most = task.count_items("train")
    for index in count(first, TASK_READS) if most is None else range(first, most, TASK_READS):
        # A draw of its own: the item's would tie the style of the answer to the number of steps.
        rng = Random(derive_seed(shared.seed, "document", index))
        if rng.random() < source.drill_rate:
            yield Document(source.name, f"drill:{index}", task.draw_drill(index), "off")
            continue
        solution = task.draw_item("train", index, stream="corpus").require_solution()
        answer = solution.say(cot=rng.random() < source.cot_rate)
        yield Document(source.name, f"problem:{index}", f"Question: {solution.question}\nAnswer: {answer}", "off")


def _draw_sequences(source: LabelledWordsSource, first: int, seed: int) -> Iterator[Document]:
    words = LabelledWords(source.words, seed, burstiness=source.burstiness, exponent=source.zipf_exponent)
    for index in count(first, TASK_READS):
        rng = Random(derive_seed(seed, source.name, "sequence", index))
        yield Document(source.name, f"sequence:{index}", words.draw(rng).text, "off")


def _as_part(name: str) -> Part:
    match name:
        case "docstrings" | "topics" | "code":
            return name
        case _:
            raise ValueError(name)
