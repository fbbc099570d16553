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
BLANK_LINE = "\n\n"


def delimit_answers(form: PromptForm) -> str:
    """What stands before an answer: it is a document's next word, or the first of an assistant's turn."""
    return " " if form == "documents" else ""


@dataclass(frozen=True)
class Prompt:
    """Token ids, the exemplars that fitted, and the cue that belongs to the answer's text."""

    ids: tuple[int, ...]
    shots: int
    cue: str


class Prompter:
    """Writes one model's prompts, within its context."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        form: PromptForm,
        max_prompt_tokens: int,
        *,
        description: str | None = None,
        separator: str | None = None,
    ) -> None:
        """`description` goes before everything, in a chat as the system's turn; `separator` stands between documents,
        and without one each ends as in pre-training."""
        self.tokenizer, self.form = tokenizer, form
        self.room = max_prompt_tokens
        self.delimiter = delimit_answers(form)
        self._description, self._separator = description, separator

    def write(self, item: Item, *, cot: bool, shown: bool) -> Prompt | None:
        """The longest prompt that fits: exemplars go one by one; None if the question alone is too long.

        `cot` asks for a chain of thought, `shown` puts the item's exemplars before it.
        """
        exemplars = item.exemplars if shown else ()
        for shots in range(len(exemplars), -1, -1):
            kept = exemplars[len(exemplars) - shots :] if item.nearest_last else exemplars[:shots]
            ids = self.encode(item, kept, cot=cot)
            if len(ids) <= self.room:
                return Prompt(tuple(ids), shots, self.write_cue(item, cot=cot))
        return None

    def write_cue(self, item: Item, *, cot: bool) -> str:
        """What the prompt says of the answer already."""
        if self.form == "chat":
            return ""
        return item.form.base.cot_cue if cot else item.form.base.answer_only_cue

    def encode(self, item: Item, exemplars: Sequence[Exemplar], *, cot: bool) -> list[int]:
        """Token ids of the prompt, however long."""
        if self.form == "chat":
            return self._encode_chat(item, exemplars, cot)
        return self._encode_documents(item, exemplars, cot)

    def _encode_chat(self, item: Item, exemplars: Sequence[Exemplar], cot: bool) -> list[int]:
        task, chat = item.form.task, item.form.chat
        template = chat.cot if cot else chat.answer_only
        messages = [] if self._description is None else [{"role": "system", "content": self._description}]
        for exemplar in exemplars:
            asked = render(template, {"question": exemplar.question}, task)
            answered = exemplar.say(cot=cot)
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
        asked = render(template, {"question": item.question}, task)
        return render_chat(self.tokenizer, [*messages, {"role": "user", "content": asked}])

    def _encode_documents(self, item: Item, exemplars: Sequence[Exemplar], cot: bool) -> list[int]:
        """Documents end with the token that ended them in pre-training, or at the separator; the last is left open."""
        task, base = item.form.task, item.form.base
        solved = [
            f"{render(base.document, {'question': exemplar.question}, task)} {exemplar.say(cot=cot)}"
            for exemplar in exemplars
        ]
        opened = render(base.document, {"question": item.question}, task) + self.write_cue(item, cot=cot)
        begun = "" if self._description is None else self._description + (self._separator or BLANK_LINE)
        if self._separator is not None:
            return encode_document_prompt(self.tokenizer, begun + self._separator.join([*solved, opened]))
        ids: list[int] = []
        for text in solved:
            ids += [*encode_document_prompt(self.tokenizer, begun + text), self.tokenizer.eos_token_id]
            begun = ""
        return ids + encode_document_prompt(self.tokenizer, begun + opened)
