"""A format as what writes prompts in it, and an item in its words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError, ParamsError
from components.base.external import import_target
from components.prompting.format.config import (
    ChatFormat,
    ExternalFormat,
    FieldsFormat,
    Format,
    HarnessFormat,
    TrainedFormat,
)
from components.tasks.prompt import Prompter, PromptForm
from components.tasks.task import Exemplar, Item, PageWords
from components.text.chat import render_chat
from components.text.tokenizer import encode_document_prompt


def build_prompter(
    cfg: Format, tokenizer: PreTrainedTokenizerFast, trained: PromptForm, room: int, words: PageWords | None = None
) -> Prompter:
    """Writes prompts of at most `room` tokens; `trained` is the form that the model was trained in, and `words` are
    those of the task's page, where it is one of lm-eval's.

    Raises ParamsError for a callable that cannot be imported, and for a page's words of a task that is none.
    """
    match cfg:
        case TrainedFormat():
            return Prompter(tokenizer, trained, room)
        case FieldsFormat():
            return Prompter(tokenizer, "documents", room, description=cfg.description, separator=cfg.separator)
        case ChatFormat():
            return Prompter(tokenizer, "chat", room, description=cfg.description)
        case ExternalFormat():
            return ExternalPrompter(cfg, tokenizer, trained, room)
        case HarnessFormat():
            if words is None:
                raise ParamsError("icl.formats: kind harness is for tasks of kind harness: others have no page's words")
            return HarnessPrompter(words, tokenizer, room)
        case _:
            assert_never(cfg)


class HarnessPrompter(Prompter):
    """Prompts in an lm-eval page's own words."""

    def __init__(self, words: PageWords, tokenizer: PreTrainedTokenizerFast, room: int) -> None:
        super().__init__(tokenizer, "documents", room)
        self._words, self.delimiter = words, words.delimiter

    def write_cue(self, item: Item, *, cot: bool) -> str:
        """Nothing: what the page says is the prompt's alone."""
        return ""

    def encode(self, item: Item, exemplars: Sequence[Exemplar], *, cot: bool) -> list[int]:
        """Token ids of what the page says; whether it asks for steps is the page's own affair."""
        return encode_document_prompt(self.tokenizer, self._words.write(item, exemplars))


class ExternalPrompter(Prompter):
    """Prompts that a callable of the user's own writes."""

    def __init__(self, cfg: ExternalFormat, tokenizer: PreTrainedTokenizerFast, trained: PromptForm, room: int) -> None:
        super().__init__(tokenizer, trained, room)
        self._cfg, self._write = cfg, import_target(cfg.target, "icl.formats.target")

    def write_cue(self, item: Item, *, cot: bool) -> str:
        """Nothing: what the callable wrote is the prompt's alone."""
        return ""

    def encode(self, item: Item, exemplars: Sequence[Exemplar], *, cot: bool) -> list[int]:
        """Token ids of what the callable writes; raises DataError for anything but a text or messages."""
        found = self._write(item, exemplars, cot=cot, **self._cfg.options)
        match found:
            case str():
                return encode_document_prompt(self.tokenizer, found)
            case [*messages]:
                return render_chat(self.tokenizer, messages)
            case _:
                raise DataError(f"{self._cfg.target}: {type(found).__name__} is neither a text nor a list of messages")


def reword_item(item: Item, cfg: Format) -> Item:
    """The item with the format's templates around it and its words for options."""
    form = item.form
    match cfg:
        case FieldsFormat(document=str(document)):
            form = replace(form, base=form.base.model_copy(update={"document": document}))
        case ChatFormat():
            own = {"answer_only": cfg.answer_only, "cot": cfg.cot}
            told = {name: template for name, template in own.items() if template is not None}
            form = replace(form, chat=form.chat.model_copy(update=told))
    words = {} if isinstance(cfg, HarnessFormat) else cfg.label_words
    judge = replace(item.judge, options=tuple(words.get(option, option) for option in item.judge.options))
    shown = tuple(reword_exemplar(exemplar, words) for exemplar in item.exemplars)
    return replace(item, form=form, judge=judge, gold=words.get(item.gold, item.gold), exemplars=shown)


def reword_exemplar(exemplar: Exemplar, words: Mapping[str, str]) -> Exemplar:
    """A demonstration with other words for its answer, where that is one of an option's."""
    return replace(exemplar, answer_only=words.get(exemplar.answer_only, exemplar.answer_only))
