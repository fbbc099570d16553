"""A question as token ids: turns of a chat for tuned models, a run of documents for a base model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transformers import PreTrainedTokenizerFast

from components.tasks.task import Exemplar, Item
from components.tasks.templates import render
from components.text.chat import render_chat
from components.text.tokenizer import encode_document_prompt

PromptForm = Literal["chat", "documents"]


@dataclass(frozen=True)
class Prompt:
    """Token ids, the exemplars that fitted, and the cue that belongs to the answer's text."""

    ids: tuple[int, ...]
    shots: int
    cue: str


class Prompter:
    """Writes one model's prompts, within its context."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, form: PromptForm, max_prompt_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._form = form
        self._max_prompt_tokens = max_prompt_tokens

    def write(self, item: Item, *, cot: bool, shown: bool) -> Prompt | None:
        """The longest prompt that fits: exemplars go one by one; None if the question alone is too long.

        `cot` asks for a chain of thought, `shown` puts the item's exemplars before it.
        """
        exemplars = item.exemplars if shown else ()
        for shots in range(len(exemplars), -1, -1):
            kept = exemplars[len(exemplars) - shots :] if item.nearest_last else exemplars[:shots]
            ids = self._encode(item, kept, cot)
            if len(ids) <= self._max_prompt_tokens:
                return Prompt(tuple(ids), shots, self._cue(item, cot))
        return None

    def _cue(self, item: Item, cot: bool) -> str:
        if self._form == "chat":
            return ""
        return item.form.base.cot_cue if cot else item.form.base.answer_only_cue

    def _encode(self, item: Item, exemplars: Sequence[Exemplar], cot: bool) -> list[int]:
        if self._form == "chat":
            return self._encode_chat(item, exemplars, cot)
        return self._encode_documents(item, exemplars, cot)

    def _encode_chat(self, item: Item, exemplars: Sequence[Exemplar], cot: bool) -> list[int]:
        task, chat = item.form.task, item.form.chat
        template = chat.cot if cot else chat.answer_only
        messages = []
        for exemplar in exemplars:
            asked = render(template, {"question": exemplar.question}, task)
            answered = exemplar.say(cot=cot)
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
        asked = render(template, {"question": item.question}, task)
        return render_chat(self._tokenizer, [*messages, {"role": "user", "content": asked}])

    def _encode_documents(self, item: Item, exemplars: Sequence[Exemplar], cot: bool) -> list[int]:
        """Documents end with the token that ended them in pre-training; the last one is left open."""
        ids: list[int] = []
        task, base = item.form.task, item.form.base
        for exemplar in exemplars:
            opened = render(base.document, {"question": exemplar.question}, task)
            answer = exemplar.say(cot=cot)
            ids += [*encode_document_prompt(self._tokenizer, f"{opened} {answer}"), self._tokenizer.eos_token_id]
        opened = render(base.document, {"question": item.question}, task)
        return ids + encode_document_prompt(self._tokenizer, opened + self._cue(item, cot))
