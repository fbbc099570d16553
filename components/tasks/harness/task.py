"""A task page as lm-eval's task: its questions in order, and what a model is asked for each."""

import hashlib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from components.base.errors import DataError
from components.tasks.harness.config import FewshotKwargs, HarnessPage
from components.tasks.harness.context import ChatTemplate, Turn, join_apart, pick_answer, render_turns, write_turns
from components.tasks.harness.documents import DocReader, Target
from components.tasks.harness.page import load_page
from components.tasks.harness.rows import Doc, PageRows, choose_fewshot_split, read_page_rows
from components.tasks.harness.sampler import FEWSHOT_SEED, Sampler

Kind = Literal["loglikelihood", "loglikelihood_rolling", "generate_until"]
Arguments = tuple[Any, ...]
"""What lm-eval hands a model: a context and a continuation, a text, or a context and how to generate."""
DEFAULT_METRICS = {
    "loglikelihood": ("perplexity", "acc"),
    "loglikelihood_rolling": ("word_perplexity", "byte_perplexity", "bits_per_byte"),
    "multiple_choice": ("acc", "acc_norm"),
    "generate_until": ("exact_match",),
}
MAX_GEN_TOKENS = 256


@dataclass(frozen=True)
class ChatOptions:
    """Whether prompts are conversations, and how demonstrations stand in them."""

    template: ChatTemplate | None = None
    multiturn: bool = True
    system_instruction: str | None = None


PLAIN = ChatOptions()
"""No conversation, and nothing said before the page's own words."""


@dataclass(frozen=True)
class Question:
    """A row that is asked: all its requests are of one kind."""

    doc_id: int
    doc: Doc
    kind: Kind
    arguments: tuple[Arguments, ...]
    target: Target

    @property
    def prompt_hash(self) -> str:
        """Hex SHA-256 of the first request's context, as lm-eval logs it."""
        return hashlib.sha256(str(self.arguments[0][0]).encode()).hexdigest()


@dataclass(frozen=True)
class HarnessTask:
    """A page, and where it is; rows are read when they are first asked for."""

    page: HarnessPage
    folder: Path
    where: str
    seed: int = FEWSHOT_SEED
    name: str = field(default="")

    @cached_property
    def rows(self) -> PageRows:
        """All that the page's files hold of its splits."""
        return read_page_rows(self.page, self.folder, self.where)

    @cached_property
    def reader(self) -> DocReader:
        """How rows are read."""
        return DocReader(self.page, self.rows.columns, self.where)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of its figures."""
        if self.page.metric_list is None:
            return DEFAULT_METRICS[self.page.output_type]
        return tuple(str(metric.get("metric")) for metric in self.page.metric_list)

    @cached_property
    def many_contexts(self) -> bool:
        """Whether options fill the question in, so that each makes a context of its own; the first row decides."""
        first = self.rows.asked[0]
        return self.page.doc_to_choice is not None and isinstance(self.reader.read_text(first), int)

    @cached_property
    def many_targets(self) -> bool:
        """Whether several answers are right, by the first row."""
        return isinstance(self.reader.read_target(self.rows.asked[0]), list | tuple)

    @cached_property
    def generation_kwargs(self) -> dict[str, Any]:
        """How answers are written: until the delimiter of demonstrations where the page says nothing."""
        given = self.page.generation_kwargs
        if given is None:
            until = [self.page.fewshot_delimiter]
            return {"temperature": 0.0, "do_sample": False, "max_gen_toks": MAX_GEN_TOKENS, "until": until}
        warm = {"temperature": float(given["temperature"])} if "temperature" in given else {}
        return {**given, **warm, "until": given.get("until", [self.page.fewshot_delimiter])}

    def ask(self, chat: ChatOptions = PLAIN, limit: int | None = None) -> Iterator[Question]:
        """The questions in order, at most `limit`. Raises DataError that names page and row."""
        page = self.page
        sampler = self._make_sampler()
        for doc_id, doc in enumerate(islice(self.rows.asked, limit)):
            try:
                contexts = self._write_contexts(doc, self._draw(doc, sampler, page.num_fewshot or 0), chat)
                target = self.reader.read_target(doc)
                kind: Kind = "loglikelihood" if page.output_type == "multiple_choice" else page.output_type
                yield Question(doc_id, doc, kind, self._request(doc, contexts, target, chat), target)
            except (TypeError, IndexError) as error:
                raise DataError(f"{self.where}: row {doc_id}: {error}") from None

    @property
    def shows_asked(self) -> bool:
        """Whether demonstrations are of the rows that are asked, so that a question may be among them."""
        return choose_fewshot_split(self.page) == self.page.test_split

    def draw_shown(self, count: int) -> list[list[Doc]]:
        """Of each row that is asked so many rows to show before it, as the page's own sampler draws them."""
        sampler = self._make_sampler()
        return [self._draw(doc, sampler, count) for doc in self.rows.asked]

    def _make_sampler(self) -> Sampler:
        cfg = self.page.fewshot_config or FewshotKwargs()
        return Sampler(self.rows.shown, cfg.sampler, self.where, self.seed)

    def _draw(self, doc: Doc, sampler: Sampler, count: int) -> list[Doc]:
        return sampler.draw(count, doc if self.shows_asked else None) if count else []

    def write_context(self, doc: Doc, shown: Sequence[Doc], question: str) -> str:
        """All that stands before the answer to a row that has one context, with another question in its place."""
        [context] = self._write_contexts(doc, shown, PLAIN, question)
        return context

    def _write_contexts(
        self, doc: Doc, demonstrations: Sequence[Doc], chat: ChatOptions, given: str | None = None
    ) -> list[str]:
        page, read = self.page, self.reader
        gen_prefix = read.read_prefix(doc)
        turns = self._introduce(doc, chat.system_instruction)
        for shown in demonstrations:
            turns += self.demonstrate(shown)
        question = read.read_text(doc) if given is None else given
        if self.many_contexts:
            asked = read.read_choices(doc)
            delimiter = ""
        elif isinstance(question, str):
            asked, delimiter = [question], page.target_delimiter
        else:
            raise TypeError(f"doc_to_text: the question is text, got {question!r}")
        template = None if chat.template is None else partial(chat.template, add_generation_prompt=not gen_prefix)
        return [
            render_turns(
                [*turns, *write_turns(text, None, gen_prefix=gen_prefix, target_delimiter=delimiter)],
                template,
                multiturn=chat.multiturn,
            )
            for text in asked
        ]

    def _introduce(self, doc: Doc, instruction: str | None) -> list[Turn]:
        description = self.reader.resolve(doc, self.page.description, "description")
        said = join_apart(instruction, description, self.page.fewshot_delimiter)
        return [Turn("system", said)] if said else []

    def demonstrate(self, doc: Doc) -> list[Turn]:
        """A row as it is shown: its question, and its answer where it has one."""
        page, read, cfg = self.page, self.reader, self.page.fewshot_config or FewshotKwargs()
        question = read.read_text(doc, cfg.doc_to_text)
        given = page.doc_to_choice if cfg.doc_to_choice is None else cfg.doc_to_choice
        choices = read.read_choices(doc, given) if given else None
        target = read.read_target(doc, cfg.doc_to_target)
        if self.many_contexts:
            assert choices is not None
            question, choices = choices[int(question)], None
        if not isinstance(question, str):
            raise TypeError(f"doc_to_text: a demonstration's question is text, got {question!r}")
        shown = cfg.model_fields_set
        return write_turns(
            question,
            pick_answer(target, choices),
            gen_prefix=read.resolve(doc, cfg.gen_prefix if "gen_prefix" in shown else page.gen_prefix, "gen_prefix"),
            target_delimiter=_choose(cfg.target_delimiter, page.target_delimiter),
            fewshot_delimiter=_choose(cfg.fewshot_delimiter, page.fewshot_delimiter),
        )

    def _request(self, doc: Doc, contexts: list[str], target: Target, chat: ChatOptions) -> tuple[Arguments, ...]:
        match self.page.output_type:
            case "loglikelihood":
                return ((contexts[0], _require_text(target)),)
            case "loglikelihood_rolling":
                return ((_require_text(target),),)
            case "generate_until":
                return ((contexts[0], deepcopy(self.generation_kwargs)),)
        choices, delimiter = self.reader.read_choices(doc), self._delimit(chat)
        if self.many_contexts:
            asked = [(context, f"{delimiter}{target}") for context in contexts]
        else:
            asked = [(contexts[0], f"{delimiter}{choice}") for choice in choices]
        if "acc_mutual_info" in self.metrics:
            asked += [("", f"{delimiter}{choice}") for choice in choices]
        return tuple(asked)

    def _delimit(self, chat: ChatOptions) -> str:
        """What stands before an option: in a conversation nothing, but where the answer was begun."""
        prefix = self.page.gen_prefix
        if chat.template is None or (prefix and not prefix[-1:].isspace()):
            return self.page.target_delimiter
        return ""


def open_task(path: Path, *, allow_code: bool = False) -> HarnessTask:
    """The task of a page. Raises ParamsError for a mistake in the page; its rows are read later."""
    page = load_page(path, allow_code=allow_code)
    return HarnessTask(page, path.parent, str(path), name=page.task or path.stem)


def _choose(own: str | None, general: str) -> str:
    return general if own is None else own


def _require_text(target: Target) -> str:
    if not isinstance(target, str):
        raise TypeError(f"doc_to_target: a model is asked for text, got {target!r}")
    return target
