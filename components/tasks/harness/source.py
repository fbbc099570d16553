"""An lm-eval page as a task of the run: its rows are items for testing, asked in the page's own words."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from components.base.errors import DataError, ParamsError
from components.base.rng import derive_seed
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig, HarnessTaskConfig
from components.tasks.harness.task import HarnessTask, Question, open_task
from components.tasks.harness.words import HarnessWords, name_row
from components.tasks.phrasing import Phrasings
from components.tasks.reading import TextReading
from components.tasks.score import Judge
from components.tasks.task import Item, Task, TaskForm
from components.tasks.uses import Use
from components.text.patterns import require_pattern

# The page's own words are all that is asked: demonstrations and instructions stand in the question already.
CHAT = ChatPromptConfig(answer_only="{{ question }}", cot="{{ question }}")
BASE = DocumentPromptConfig(document="{{ question }}", answer_only_cue="", cot_cue="")
PHRASINGS: Phrasings = {"cot": (CHAT.cot,), "answer_only": (CHAT.answer_only,), "unconstrained": (CHAT.plain,)}


@dataclass(frozen=True)
class HarnessSource:
    """A page under the name that the run gives it. Nothing of it is learned from: every item is for testing.

    A question is asked with the page's demonstrations before it, by whatever method. Of options the likeliest for its
    length in bytes counts, another answer by exact match; lm-eval's own figures are those of the verb `run`.
    """

    name: str
    cfg: HarnessTaskConfig
    seed: int

    def count_items(self, use: Use) -> int | None:
        """Its rows, for testing."""
        return len(self._items) if use == "test" else 0

    def draw_item(self, use: Use, index: int, *, stream: str = "") -> Item:
        """The stream's item number `index`; raises DataError when there are not so many."""
        items = self.draw_items(use, index + 1, stream=stream)
        if index >= len(items):
            raise DataError(f"{self.name}: it has {len(items)} items for {use}, and number {index} is asked for")
        return items[index]

    def draw_items(self, use: Use, count: int, *, stream: str = "") -> list[Item]:
        """The stream's first `count` items, or all; their questions are the rows' alone."""
        if use != "test":
            return []
        places = self._order(stream)[:count]
        return [self._items[place][0] for place in places]

    def draw_drill(self, index: int) -> str:
        """Refused: a page has none."""
        raise DataError(f"{self.name}: an lm-eval page has no drills; set drill_rate to 0")

    def make_task(self, count: int, *, exemplar_pool: int, shots: int) -> Task:
        """At most `count` items in the order of the rows, each with all that stands before its answer."""
        places = sorted(self._order("evaluate")[:count])
        return Task(self.name, tuple(self._items[place][1] for place in places), words=HarnessWords(self._task))

    def _order(self, stream: str) -> list[int]:
        places = range(len(self._items))
        return Random(derive_seed(self.seed, self.name, "test", stream)).sample(places, len(places))

    @cached_property
    def _items(self) -> list[tuple[Item, Item]]:
        """Of each row its question alone, and with everything that is said before the answer."""
        return list(_make_items(self._task, self.name))

    @cached_property
    def _task(self) -> HarnessTask:
        return open_task(Path(self.cfg.path), allow_code=self.cfg.allow_code)


def _make_items(task: HarnessTask, name: str) -> Iterator[tuple[Item, Item]]:
    if task.page.output_type not in ("multiple_choice", "generate_until") or task.many_contexts:
        raise ParamsError(
            f"{task.where}: output_type: in a run a page asks by multiple_choice, one context a question, or by "
            "generate_until; ask others by `python -m components.evaluate.harness run`"
        )
    chooses = task.page.output_type == "multiple_choice"
    form = TaskForm(name, CHAT, BASE, PHRASINGS, by_likelihood=chooses)
    reading = None if chooses else read_reading(task)
    for question in task.ask():
        place = f"{task.where}: row {question.doc_id}"
        options = tuple(task.reader.read_choices(question.doc)) if task.page.doc_to_choice is not None else ()
        gold = _find_gold(question, options, place)
        if reading is None:
            judge = Judge((), "exact_match_ignoring_case", options)
        else:
            judge, gold = Judge((), reading=reading), reading.normalise(gold)
        alone, context = str(task.reader.read_text(question.doc)), str(question.arguments[0][0])
        id = name_row(task, question.doc_id)
        yield (
            Item(id, "test", alone, gold, form, judge, origin=place),
            Item(id, "test", context, gold, form, judge, origin=place),
        )


def _find_gold(question: Question, options: tuple[str, ...], place: str) -> str:
    """The right answer's text, of several the first."""
    target = question.target
    if isinstance(target, list | tuple) and target:
        target = target[0]
    if options and isinstance(target, int) and 0 <= target < len(options):
        return options[target]
    if isinstance(target, str | int) and (not options or target in options):
        return str(target)
    raise DataError(f"{place}: no gold: {target!r} is none of its {len(options)} options")


def read_reading(task: HarnessTask) -> TextReading:
    """How the page reads answers. Raises ParamsError for a filter that only the verb `run` has."""
    steps = (task.page.filter_list or [{}])[0].get("filter", [])
    names = [step.get("function") for step in steps]
    if not {*names} <= {"regex", "take_first", "remove_whitespace", "lowercase"} or names.count("regex") > 1:
        raise ParamsError(f"{task.where}: filter_list: a run knows one regex, lowercase and take_first, got {names}")
    regex: dict[str, Any] = next((step for step in steps if step["function"] == "regex"), {})
    match: dict[str, Any] = next((m for m in task.page.metric_list or [] if m.get("metric") == "exact_match"), {})
    until = task.generation_kwargs["until"]
    reading = TextReading(
        until=tuple(text for text in ([until] if isinstance(until, str) else until) if text),
        pattern=regex.get("regex_pattern", r"#### (\-?[0-9\.\,]+)") if regex else None,
        group_select=regex.get("group_select", 0),
        ignored=tuple(match.get("regexes_to_ignore") or ()),
        ignore_case=bool(match.get("ignore_case")) or "lowercase" in names,
        ignore_punctuation=bool(match.get("ignore_punctuation")),
    )
    for pattern in (*reading.ignored, reading.pattern or ""):
        require_pattern(pattern, task.where)
    return reading
