"""Rows of a page's splits: local files, typed as the `datasets` library types them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path
from typing import Any

from components.base.errors import DataError, ParamsError
from components.datasets.hub_door import Splits, open_local_splits
from components.tasks.harness.config import FileNames, HarnessPage

Doc = dict[str, Any]


@dataclass(frozen=True)
class PageRows:
    """The rows that are asked, and those that demonstrations are drawn from."""

    asked: Sequence[Doc]
    columns: frozenset[str]
    """Of the rows that are asked."""
    shown: Sequence[Doc]


def read_page_rows(page: HarnessPage, folder: Path, where: str) -> PageRows:
    """Rows of the page; `folder` is the page's own. Raises DataError or ParamsError that names the page."""
    kwargs = page.dataset_kwargs
    files = _list_files(kwargs.data_files, kwargs.data_dir, folder, where)
    given = kwargs.model_dump(exclude={"data_files", "data_dir", "trust_remote_code"}, exclude_none=True)
    with open_local_splits(page.dataset_path, files, given, where) as splits:
        asked = _take(splits, page.test_split or page.validation_split or "", page.process_docs, "test_split", where)
        columns = frozenset(asked.column_names) if hasattr(asked, "column_names") else frozenset(next(iter(asked), {}))
        rows = PageRows(list(asked), columns, _list_shown(page, splits, where))
    if not rows.asked:
        raise DataError(f"{where}: {page.test_split or page.validation_split}: the split holds no rows")
    return rows


def choose_fewshot_split(page: HarnessPage) -> str | None:
    """The split that demonstrations are said to be of."""
    cfg = page.fewshot_config
    return cfg.split if cfg is not None and "split" in cfg.model_fields_set else page.fewshot_split


def _list_shown(page: HarnessPage, splits: Splits, where: str) -> list[Doc]:
    """Rows to draw demonstrations from, by lm-eval's rule of which split that is."""
    cfg = page.fewshot_config
    split = choose_fewshot_split(page)
    if split is not None:
        process = cfg.process_docs if cfg and cfg.process_docs else page.process_docs
        return list(_take(splits, split, process, "fewshot_split", where))
    if cfg and cfg.samples is not None:
        return cfg.samples if isinstance(cfg.samples, list) else list(cfg.samples())
    name = page.training_split or page.validation_split or page.test_split or ""
    return list(_take(splits, name, page.process_docs, "training_split", where))


def _take(splits: Splits, name: str, process: Callable[..., Any] | None, key: str, where: str) -> Any:
    if name not in splits:
        raise ParamsError(f"{where}: {key}: no split is called {name!r}, only {', '.join(splits)}")
    rows = splits[name]
    if process is None:
        return rows
    try:
        return process(rows)
    except Exception as error:  # whatever the page's own code raises
        raise DataError(f"{where}: process_docs: {type(error).__name__}: {' '.join(str(error).split())}") from None


def _list_files(
    given: FileNames | dict[str, FileNames] | None, data_dir: str | None, folder: Path, where: str
) -> dict[str, list[str]]:
    """Every split's files as they are found: from where one stands, else beside the page."""
    if given is None:
        given = f"{data_dir}/*"
        data_dir = None
    by_split = given if isinstance(given, dict) else {"train": given}
    found = {}
    for split, names in by_split.items():
        listed = [names] if isinstance(names, str) else names
        found[split] = [
            path for name in listed for path in _find(name, data_dir, folder, f"{where}: data_files.{split}")
        ]
    return found


def _find(name: str, data_dir: str | None, folder: Path, where: str) -> list[str]:
    if "://" in name:
        raise ParamsError(f"{where}: {name!r}: only local files are read")
    name = f"{data_dir}/{name}" if data_dir else name
    for begin in (Path(), folder):
        path = begin / name
        if path.is_file():
            return [str(path)]
        if has_magic(name):
            relative, root = (name.lstrip("/"), Path("/")) if Path(name).is_absolute() else (name, begin)
            if matched := sorted(str(p) for p in root.glob(relative) if p.is_file()):
                return matched
    raise DataError(f"{where}: {name}: no such file, neither from here nor beside the page")


def name_columns(columns: Iterable[str]) -> str:
    """Columns for an error's eyes."""
    return ", ".join(sorted(columns)) or "none"
