"""The one chat template, and the only door to `apply_chat_template`.

One end-of-sequence token ends documents and assistant turns alike, so a model that has learned where a
document stops has already met the token that stops an answer.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2.exceptions import TemplateError
from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.text.rows import is_unicode

PAD = "<|pad|>"
EOS = "<|endoftext|>"
SYSTEM = "<|system|>"
USER = "<|user|>"
ASSISTANT = "<|assistant|>"
SPECIAL_TOKENS = (PAD, EOS, SYSTEM, USER, ASSISTANT)
ROLES = ("system", "user", "assistant")

# `eos_token` comes from the tokenizer, so a given tokenizer keeps the end token it was trained with.
# The block `generation` marks what the assistant says, its end token included: these tokens are learned.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'system' -%}{{ '<|system|>' + message['content'] }}"
    "{%- elif message['role'] == 'user' -%}{{ '<|user|>' + message['content'] }}"
    "{%- elif message['role'] == 'assistant' -%}{{ '<|assistant|>' }}"
    "{%- generation -%}{{ message['content'] + eos_token }}{%- endgeneration -%}"
    "{%- else -%}{{ raise_exception('role ' + message['role'] + ' is not system, user or assistant') }}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}"
)

Message = Mapping[str, str]


def render_chat(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], add_generation_prompt: bool = True
) -> list[int]:
    """Token ids of a conversation; with the generation prompt the next token is the assistant's.

    Special-token text inside a message stays text. Raises DataError on a malformed conversation.
    """
    _check_messages(messages)
    options = {"add_generation_prompt": add_generation_prompt, "return_dict": False}
    return list(_apply(tokenizer, messages, sanitize_control_tokens=True, **options))


def encode_chat_example(tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
    """Token ids of a whole conversation, and a mask of equal length: 1 on what the assistant says.

    The end token of each assistant turn is inside the mask. Raises DataError on a malformed
    conversation, or if the tokenizer's template does not mark the assistant's turns.
    """
    _check_messages(messages)
    if not marks_assistant(str(tokenizer.chat_template)):
        raise DataError("the chat template has no {% generation %} block, so no assistant token is marked")
    if _holds_special_text(tokenizer, messages):
        return _encode_by_prefixes(tokenizer, messages)
    encoded = _apply(tokenizer, messages, return_dict=True, return_assistant_tokens_mask=True)
    return list(encoded["input_ids"]), list(encoded["assistant_masks"])


def marks_assistant(chat_template: str) -> bool:
    """Whether a template says which part the assistant speaks, so that loss can be put on it alone."""
    return re.search(r"{%-?\s*generation\s*-?%}", chat_template) is not None


def _holds_special_text(tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message]) -> bool:
    special = tokenizer.get_added_vocab()
    return any(token in message["content"] for message in messages for token in special)


def _encode_by_prefixes(tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
    """Mask what each assistant message adds to the conversation before it.

    Transformers can neutralise special-token text or return the mask, not both at once; a message that
    quotes a special token is rare, so the dearer way is taken only for those.
    """
    input_ids = render_chat(tokenizer, messages, add_generation_prompt=False)
    mask = [0] * len(input_ids)
    for index, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before = render_chat(tokenizer, messages[:index]) if index else [tokenizer.convert_tokens_to_ids(ASSISTANT)]
        after = render_chat(tokenizer, messages[: index + 1], add_generation_prompt=False)
        if input_ids[: len(before)] != before or input_ids[: len(after)] != after:
            raise DataError("the chat template rewrites earlier turns, so the assistant's part has no place")
        mask[len(before) : len(after)] = [1] * (len(after) - len(before))
    return input_ids, mask


def _apply(tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], **options: Any) -> Any:
    conversation = [dict(message) for message in messages]
    try:
        return tokenizer.apply_chat_template(conversation, **options)
    except TemplateError as error:
        raise DataError(f"conversation: {error}") from None


def _check_messages(messages: Sequence[Message]) -> None:
    if not messages:
        raise DataError("conversation: it has no messages")
    for index, message in enumerate(messages):
        if not isinstance(message, Mapping):
            raise DataError(f"conversation: message {index} is {type(message).__name__}, not an object")
        if message.get("role") not in ROLES:
            raise DataError(f"conversation: message {index}: role {message.get('role')!r} is not one of {ROLES}")
        if not isinstance(message.get("content"), str):
            raise DataError(f"conversation: message {index}: field 'content' is missing or not text")
        if not is_unicode(message["content"]):
            raise DataError(f"conversation: message {index}: its text holds a lone surrogate")
