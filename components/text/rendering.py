"""The only door to chat templates: messages become text, and text becomes token ids.

Control tokens in what people say are marked before the template sees them and encoded as plain text after,
so that nobody ends a turn by writing its end token. Everything the template itself writes keeps its meaning.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2.exceptions import TemplateError
from transformers import PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import render_jinja_template

from components.base.errors import DataError

OPEN, CLOSE = "\U000f0000", "\U000f0001"
"""Private-use characters around a control token that a person wrote; the same in a message are dropped."""
Message = Mapping[str, Any]


class Rendering(NamedTuple):
    """A conversation as the template writes it, and where each of its `generation` blocks begins."""

    text: str
    blocks: list[int]


def render_text(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], *, add_generation_prompt: bool
) -> Rendering:
    """The template's text, control tokens in messages marked. Raises DataError where the template refuses."""
    template = tokenizer.chat_template
    if not isinstance(template, str):
        has = "several chat templates and none of them is the default" if template else "no chat template"
        raise DataError(f"conversation: the model's tokenizer has {has}; without one it can only continue a text")
    try:
        texts, blocks = render_jinja_template(
            conversations=[[mark_message(tokenizer, message) for message in messages]],
            chat_template=template,
            return_assistant_tokens_mask=marks_assistant(template),
            add_generation_prompt=add_generation_prompt,
            **tokenizer.special_tokens_map,
        )
    except (TemplateError, TypeError, ValueError) as error:
        raise DataError(f"conversation: {error}") from None
    return Rendering(texts[0], [start for start, _ in blocks[0]] if blocks else [])


def marks_assistant(chat_template: str) -> bool:
    """Whether a template says itself which part the assistant speaks."""
    return re.search(r"{%-?\s*generation\s*-?%}", chat_template) is not None


def mark_message(tokenizer: PreTrainedTokenizerFast, message: Message) -> dict[str, str]:
    """A message whose control tokens are marked as text."""
    return {"role": message["role"], "content": mark_text(tokenizer, message["content"])}


def mark_text(tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """What the template is given in place of what a person wrote."""
    unmarked = text.replace(OPEN, "").replace(CLOSE, "")
    return _control_pattern(find_control_tokens(tokenizer)).sub(f"{OPEN}\\g<0>{CLOSE}", unmarked)


def find_control_tokens(tokenizer: PreTrainedTokenizerFast) -> tuple[str, ...]:
    """Special tokens, and those added tokens that the template writes (white space is written as text)."""
    return _find_control_tokens(tokenizer, str(tokenizer.chat_template), len(tokenizer))


@lru_cache(maxsize=8)
def _find_control_tokens(tokenizer: PreTrainedTokenizerFast, template: str, size: int) -> tuple[str, ...]:
    """The size is a key of the cache: a tokenizer that has grown has other tokens."""
    added = tokenizer.added_tokens_decoder.values()
    return tuple(t.content for t in added if t.special or (t.content in template and not t.content.isspace()))


def encode_rendered(tokenizer: PreTrainedTokenizerFast, text: str, *, behind: str = "") -> list[int]:
    """Token ids of marked text that goes on behind another, or begins a text."""
    pieces = _marked_pattern(find_control_tokens(tokenizer)).split(text)
    ids: list[int] = []
    # The pattern has one group: texts stand at even places, quoted control tokens (or None) at odd ones.
    for index, piece in enumerate(pieces):
        if not piece:
            continue
        quoted = index % 2 == 1
        if index == 0 and not behind:
            ids += _encode(tokenizer, piece)
        elif index == 0 and (border := _find_border(tokenizer, behind)):
            ids += _encode_after(tokenizer, piece, border)
        else:
            ids += _encode_after(tokenizer, piece, "\n", quoted)
    return ids


def _find_border(tokenizer: PreTrainedTokenizerFast, text: str) -> str | None:
    """The control token that a text ends with, and the white space behind it, which the token may swallow."""
    control = _control_pattern(find_control_tokens(tokenizer)).pattern
    found = re.search(f"(?:{control})\\s*\\Z", text)
    return found[0] if found else None


def _encode_after(tokenizer: PreTrainedTokenizerFast, piece: str, border: str, quoted: bool = False) -> list[int]:
    """Encode behind a border, then take that away: SentencePiece puts a space before what begins a text.

    Behind a line break it puts none, behind a control token some tokenizers do.
    """
    before = _encode(tokenizer, border, quoted)
    ids = _encode(tokenizer, border + piece, quoted)
    if ids[: len(before)] == before:
        ids = ids[len(before) :]
    elif border != "\n":  # the piece's first token would reach over the border
        return _encode_after(tokenizer, piece, "\n", quoted)
    else:
        ids = _encode(tokenizer, piece, quoted)
    if quoted and tokenizer.convert_tokens_to_ids(piece) in ids:
        raise DataError(f"conversation: the tokenizer makes the control token {piece!r} of plain text")
    return ids


def _encode(tokenizer: PreTrainedTokenizerFast, text: str, quoted: bool = False) -> list[int]:
    if not quoted:
        return list(tokenizer(text, add_special_tokens=False, split_special_tokens=False)["input_ids"])
    # A switch of the tokenizer would spare special tokens only; the bare model knows no added token at all.
    backend = tokenizer.backend_tokenizer
    if backend.normalizer is not None:
        text = backend.normalizer.normalize_str(text)
    words = [text]
    if backend.pre_tokenizer is not None:
        words = [word for word, _ in backend.pre_tokenizer.pre_tokenize_str(text)]
    return [token.id for word in words for token in backend.model.tokenize(word)]


@lru_cache(maxsize=8)
def _control_pattern(tokens: tuple[str, ...]) -> re.Pattern[str]:
    """Longer tokens first, so that one wins over those inside it."""
    return re.compile("|".join(re.escape(t) for t in sorted(tokens, key=len, reverse=True)) or "(?!)")


@lru_cache(maxsize=8)
def _marked_pattern(tokens: tuple[str, ...]) -> re.Pattern[str]:
    """A marked token, or a mark whose partner a template cut away."""
    return re.compile(f"{OPEN}({_control_pattern(tokens).pattern}){CLOSE}|[{OPEN}{CLOSE}]")
