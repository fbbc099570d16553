"""Rows of a task page as items: a question, a gold answer, how it is judged, and how it is answered."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from components.base.errors import DataError
from components.datasets.hub_door import read_hub
from components.datasets.messages import is_neutral, report_ignored
from components.datasets.rows import Row, read_good_rows
from components.tasks.config import ChoicesConfig, FileRowsConfig, HubRowsConfig, TaskPageConfig
from components.tasks.extract import LETTER_CHAIN, extract_answer
from components.tasks.score import Judge
from components.tasks.task import Exemplar, Item, TaskForm
from components.tasks.templates import evaluate_list, find_expression_fields, find_fields, render
from components.tasks.uses import normalise, use_of

LETTER = Judge(LETTER_CHAIN)


@dataclass(frozen=True)
class PageItems:
    """All items of a page in the order of its rows, no question twice, and what no template reads."""

    items: tuple[Item, ...]
    ignored_fields: Mapping[str, int]


def read_items(
    cfg: TaskPageConfig, parts: Sequence[tuple[FileRowsConfig | HubRowsConfig, Path]], form: TaskForm, where: str
) -> PageItems:
    """Items of every part, whose paths begin at the folder beside it; `where` names the page in errors.

    A question that two parts hold is for testing where one of them says so, and of the first part otherwise.
    """
    found: list[Item] = []
    ignored: Counter[str] = Counter()
    known = _list_fields(cfg)
    for part, folder in parts:
        before = len(found)
        for row in islice(_read(part, folder), part.limit or None):
            ignored.update(n for n, value in row.fields.items() if n not in known and not is_neutral(value))
            item = _make_item(cfg, row, form)
            found.append(replace(item, use=use_of(item.question, part.uses)))
        if len(found) == before:
            raise DataError(f"{where}: {_name(part)} holds no rows")
    origin = ", ".join(_name(part) for part, _ in parts)
    return PageItems(tuple(_drop_repeated(found)), report_ignored(ignored, f"{where}: {origin}"))


def _name(part: FileRowsConfig | HubRowsConfig) -> str:
    return part.dataset if isinstance(part, HubRowsConfig) else part.path


def _read(part: FileRowsConfig | HubRowsConfig, folder: Path) -> Iterator[Row]:
    if isinstance(part, HubRowsConfig):
        local = folder / part.dataset
        return read_hub(str(local if local.is_dir() else part.dataset), part.subset, part.split, part.revision)
    options = {"records_key": part.records_key, "columns": part.columns}
    return read_good_rows(folder / part.path, part.format, text_unit="line", **options)


def _drop_repeated(items: Sequence[Item]) -> Iterator[Item]:
    """One item a question: it would be learned in one use and asked in another, or asked twice."""
    tested = {normalise(item.question) for item in items if item.use == "test"}
    seen: set[str] = set()
    for item in items:
        key = normalise(item.question)
        if key not in seen and (item.use == "test" or key not in tested):
            seen.add(key)
            yield item


def _list_fields(cfg: TaskPageConfig) -> set[str]:
    """The fields of a row that a template reads."""
    solution = (cfg.solution.answer_only, cfg.solution.cot or "")
    read = set().union(*(find_fields(template) for template in (cfg.question, cfg.gold.template, *solution)))
    match cfg.choices:
        case None:
            return read
        case ChoicesConfig(options=str() as expression):
            return read | find_expression_fields(expression)
        case ChoicesConfig(options=templates):
            return read.union(*map(find_fields, templates))


def _make_item(cfg: TaskPageConfig, row: Row, form: TaskForm) -> Item:
    place = f"{row.path}:{row.line}"
    options = _list_options(cfg.choices, row.fields, place)
    fields = {**row.fields, "options": options} if options else row.fields
    question = render(cfg.question, fields, place)
    gold_text = render(cfg.gold.template, fields, place)
    judge = Judge(tuple(cfg.answer.extractors), cfg.metric)
    if cfg.choices is None:
        gold = extract_answer(gold_text, cfg.gold.extractors)
    else:
        gold = _choose_gold(cfg.choices, options, gold_text, cfg.gold.extractors)
        if cfg.choices.by == "letter":
            judge = LETTER
            listed = zip(ascii_uppercase, options, strict=False)
            question += "".join(f"\n{letter}. {option}" for letter, option in listed)
        else:
            judge = Judge((), "exact_match_ignoring_case", tuple(options))
    if gold is None:
        raise DataError(f"{place}: no gold answer found by {cfg.gold.extractors} in {gold_text[-60:]!r}")
    solution = _solve(cfg, question, {**fields, "gold": gold}, place)
    return Item(f"{row.path.name}:{row.line}", "test", question, gold, form, judge, solution, origin=place)


def _list_options(cfg: ChoicesConfig | None, fields: Mapping[str, Any], place: str) -> list[str]:
    if cfg is None:
        return []
    if isinstance(cfg.options, str):
        options = evaluate_list(cfg.options, fields, place)
    else:
        options = [render(template, fields, place) for template in cfg.options]
    options = [option.strip() for option in options]
    different = {"letter": len(options), "text": len(set(map(normalise, options))), "likelihood": len(set(options))}
    if not 2 <= different[cfg.by] == len(options) <= len(ascii_uppercase):
        raise DataError(f"{place}: it takes 2 to {len(ascii_uppercase)} options that differ, got {options}")
    return options


def _choose_gold(cfg: ChoicesConfig, options: list[str], text: str, extractors: Sequence[Any]) -> str | None:
    """The right option, by its letter where one chooses by letter and by its text otherwise; None for none."""
    found = (extract_answer(text, extractors) or "").strip()
    match cfg.gold:
        case "index":
            place = int(found) if found.isdecimal() else -1
        case "letter":
            place = ascii_uppercase.find(found.upper()) if len(found) == 1 else -1
        case "text":
            place = next((at for at, option in enumerate(options) if option.casefold() == found.casefold()), -1)
    if not 0 <= place < len(options):
        return None
    return ascii_uppercase[place] if cfg.by == "letter" else options[place]


def _solve(cfg: TaskPageConfig, question: str, fields: Mapping[str, Any], place: str) -> Exemplar:
    cot = None if cfg.solution.cot is None else render(cfg.solution.cot, fields, place).strip()
    return Exemplar(question, render(cfg.solution.answer_only, fields, place).strip(), cot)
