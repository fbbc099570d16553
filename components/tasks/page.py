"""Reading a user's task page: YAML that says where rows are, how to ask them, how to read an answer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from components.base.errors import DataError, ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.datasets.messages import is_neutral, report_ignored
from components.datasets.rows import Row, read_good_rows
from components.tasks.config import RowsConfig, TaskPageConfig
from components.tasks.extract import extract_answer
from components.tasks.task import Exemplar, Item, Task
from components.tasks.templates import find_fields, render


def load_task(path: Path, data_folder: Path, shots: int) -> Task:
    """Read a task page and its rows; raises ParamsError or DataError with the place of the mistake.

    Rows whose path begins with ./ lie beside the page, others in the data folder.
    """
    cfg: TaskPageConfig = validate(TaskPageConfig, read_yaml(path), where=str(path))
    folder = path.parent if cfg.rows.path.startswith("./") else data_folder
    return make_task(cfg, folder, shots, where=str(path))


def make_task(cfg: TaskPageConfig, data_folder: Path, shots: int, *, where: str) -> Task:
    """A task from its checked description; `where` names it in errors."""
    if len(cfg.exemplars) < shots:
        raise ParamsError(f"{where}: exemplars: {shots} shots are asked for, {len(cfg.exemplars)} are here")
    exemplars = tuple(Exemplar(e.question, e.answer_only, e.cot) for e in cfg.exemplars[:shots])
    rows = list(_read(cfg.rows, data_folder))
    if not rows:
        raise DataError(f"{where}: {cfg.rows.path} holds no rows")
    items = tuple(_make_item(cfg, row, exemplars) for row in rows)
    extractors = tuple(cfg.answer.extractors)
    return Task(cfg.name, items, cfg.chat, cfg.base, extractors, cfg.metric, _count_ignored(cfg, rows, where))


def _count_ignored(cfg: TaskPageConfig, rows: Sequence[Row], where: str) -> dict[str, int]:
    """Fields that say something and that no template reads: said once, and counted for the metrics."""
    read: set[str] = set()
    for template in (cfg.question, cfg.gold.template):
        read |= find_fields(template)
    ignored = Counter(
        name for row in rows for name, value in row.fields.items() if name not in read and not is_neutral(value)
    )
    return report_ignored(ignored, f"{where}: {cfg.rows.path}")


def _read(cfg: RowsConfig, data_folder: Path) -> Iterator[Row]:
    rows = read_good_rows(data_folder / cfg.path, cfg.format, records_key=cfg.records_key, columns=cfg.columns)
    return islice(rows, cfg.limit or None)


def _make_item(cfg: TaskPageConfig, row: Row, exemplars: tuple[Exemplar, ...]) -> Item:
    place = f"{row.path}:{row.line}"
    gold_text = render(cfg.gold.template, row.fields, place)
    gold = extract_answer(gold_text, cfg.gold.extractors)
    if gold is None:
        raise DataError(f"{place}: no gold answer found by {cfg.gold.extractors} in {gold_text[-60:]!r}")
    question = render(cfg.question, row.fields, place)
    return Item(f"{row.path.name}:{row.line}", "test", question, gold, exemplars=exemplars)
