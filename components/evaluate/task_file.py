"""Reading a user's task file: YAML that says where rows are, how to ask them, how to read an answer."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from math import isnan
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateRuntimeError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from components.base.config import SharedConfig
from components.base.errors import DataError, ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.evaluate.config import EvaluateConfig, RowsConfig, TaskFileConfig
from components.evaluate.task import Exemplar, Item, Task, make_word_problems
from components.problems.checker import ExtractorName, extract_answer
from components.text.messages import is_neutral, report_ignored
from components.text.rows import Row, read_good_rows


def _refuse_nothing(value: Any) -> Any:
    """A field without a value would be asked, or wanted as an answer, as the word "None"."""
    if value is None or (isinstance(value, float) and isnan(value)):
        raise TemplateRuntimeError("the field is null")
    return value


# Sandboxed: a task file may come from anywhere, and must not run code. Strict: a misspelt field is an error.
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, finalize=_refuse_nothing
)


def load_tasks(cfg: EvaluateConfig, shared: SharedConfig) -> list[Task]:
    """The built-in word problems, then every task file; two tasks of one name are refused."""
    tasks = [make_word_problems(cfg.word_problems, shared, cfg.shots)]
    for path in cfg.tasks:
        task = load_task(Path(path), Path(cfg.data_folder), cfg.shots)
        if task.name in {other.name for other in tasks}:
            raise ParamsError(f"{path}: a task of the name {task.name!r} is there already")
        tasks.append(task)
    return tasks


def load_task(path: Path, data_folder: Path, shots: int) -> Task:
    """Read one task file and its rows; raises ParamsError or DataError with the place of the mistake."""
    cfg: TaskFileConfig = validate(TaskFileConfig, read_yaml(path), where=str(path))
    return make_task(cfg, data_folder, shots, where=str(path))


def make_task(cfg: TaskFileConfig, data_folder: Path, shots: int, *, where: str) -> Task:
    """A task from its checked description; `where` names it in errors."""
    if len(cfg.exemplars) < shots:
        raise ParamsError(f"{where}: exemplars: {shots} shots are asked for, {len(cfg.exemplars)} are here")
    exemplars = tuple(Exemplar(e.question, e.direct, e.worked) for e in cfg.exemplars[:shots])
    rows = list(_read(cfg.rows, data_folder))
    if not rows:
        raise DataError(f"{where}: {cfg.rows.path} holds no rows")
    items = tuple(_make_item(cfg, row, exemplars) for row in rows)
    extractors = tuple(cfg.answer.extractors)
    return Task(cfg.name, items, cfg.chat, cfg.base, extractors, cfg.metric, _count_ignored(cfg, rows, where))


def render(template: str, fields: Mapping[str, Any], where: str) -> str:
    """Fill a sandboxed template; raises DataError that names where it failed and why."""
    try:
        return _compile(template).render(fields)
    except TemplateError as error:
        raise DataError(f"{where}: template {template!r}: {error}") from None
    except (TypeError, ValueError, ArithmeticError) as error:
        raise DataError(f"{where}: template {template!r} does not fit the row ({error})") from None


@lru_cache(maxsize=64)
def _compile(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)


def read_answer(text: str, chain: Sequence[ExtractorName]) -> str | None:
    """The answer in canonical form, or None; an empty chain takes the whole text, trimmed."""
    return extract_answer(text, chain) if chain else (text.strip() or None)


def _count_ignored(cfg: TaskFileConfig, rows: Sequence[Row], where: str) -> dict[str, int]:
    """Fields that say something and that no template reads: said once, and counted for the metrics."""
    read: set[str] = set()
    for template in (cfg.question, cfg.gold.template):
        read |= find_undeclared_variables(_ENVIRONMENT.parse(template))
    ignored = Counter(
        name for row in rows for name, value in row.fields.items() if name not in read and not is_neutral(value)
    )
    return report_ignored(ignored, f"{where}: {cfg.rows.path}")


def _read(cfg: RowsConfig, data_folder: Path) -> Iterator[Row]:
    rows = read_good_rows(data_folder / cfg.path, cfg.format, records_key=cfg.records_key, columns=cfg.columns)
    return islice(rows, cfg.limit or None)


def _make_item(cfg: TaskFileConfig, row: Row, exemplars: tuple[Exemplar, ...]) -> Item:
    place = f"{row.path}:{row.line}"
    gold_text = render(cfg.gold.template, row.fields, place)
    gold = read_answer(gold_text, cfg.gold.extractors)
    if gold is None:
        raise DataError(f"{place}: no gold answer found by {cfg.gold.extractors} in {gold_text[-60:]!r}")
    return Item(f"{row.path.name}:{row.line}", render(cfg.question, row.fields, place), gold, exemplars)
