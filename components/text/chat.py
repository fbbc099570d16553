"""The one chat template, and what is learned of a conversation.

Our template ends documents and assistant turns with one token, so a model that has learned where a
document stops has already met the token that stops an answer. A given template may have a token of its own for it.
"""

import copy
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.base.unicode import is_unicode
from components.text.ends import PROBE, find_end_ids
from components.text.rendering import Message, encode_rendered, marks_assistant, render_text
from components.text.templates_door import find_training_template
from components.text.turns import check_heard, check_turns, find_starts

PAD = "<|pad|>"
EOS = "<|endoftext|>"
SYSTEM = "<|system|>"
USER = "<|user|>"
ASSISTANT = "<|assistant|>"
SPECIAL_TOKENS = (PAD, EOS, SYSTEM, USER, ASSISTANT)
ROLES = ("system", "user", "assistant")
CUT_TURNS = 64
"""Each turn of a template without marks costs one rendering; of a longer conversation the last turns are cut."""

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


def render_chat(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], add_generation_prompt: bool = True
) -> list[int]:
    """Token ids of a conversation; with the generation prompt the next token is the assistant's.

    Special-token text inside a message stays text. Raises DataError on a malformed conversation.
    """
    _check_messages(messages)
    text, cuts = render_text(tokenizer, messages, add_generation_prompt=add_generation_prompt)
    check_heard(tokenizer, messages, text, add_generation_prompt=add_generation_prompt)
    if not marks_assistant(str(tokenizer.chat_template)):
        cuts = list(find_starts(tokenizer, messages, text, most=CUT_TURNS).values())
    return [token for part in _encode_parts(tokenizer, text, cuts) for token in part]


def encode_chat_example(tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
    """Token ids of a whole conversation, and a mask of equal length: 1 on what the assistant says.

    An answer is learned up to its end token and with it, wherever the template puts that; one whose `weight` is 0
    is not learned. Raises DataError on a malformed conversation, and for a template that rewrites earlier turns or
    ends a turn with no token.
    """
    _check_messages(messages)
    tokenizer = find_learner(tokenizer)
    rendering = render_text(tokenizer, messages, add_generation_prompt=False)
    starts = find_starts(tokenizer, messages, rendering.text)
    check_turns(tokenizer, messages, rendering.text, starts)
    check_heard(tokenizer, messages, rendering.text, add_generation_prompt=False)
    # Where the assistant begins to speak: as the template says itself, or behind each prompt that asks for it.
    cuts = rendering.blocks if marks_assistant(str(tokenizer.chat_template)) else list(starts.values())
    ends = set(find_end_ids(tokenizer))
    before, *parts = _encode_parts(tokenizer, rendering.text, cuts)
    input_ids, mask = list(before), [0] * len(before)
    for start, stop, part in zip(cuts, [*cuts[1:], len(rendering.text)], parts, strict=True):
        end = next((at for at, token in enumerate(part) if token in ends), None)
        if end is None and (stop == len(rendering.text) or any(start < begun <= stop for begun in starts.values())):
            raise DataError("conversation: the chat template puts no end token after what the assistant says")
        learned = 0 if _is_muted(messages, starts, start) else len(part) if end is None else end + 1
        input_ids += part
        mask += [1] * learned + [0] * (len(part) - learned)
    return input_ids, mask


def find_learner(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """The tokenizer with the template that conversations are learned in: its own, or TRL's training variant of it.

    The variant counts only where it asks and answers a question to the letter as the tokenizer's own does, and marks
    the answer where the prompt ends (that for Qwen 2.5 marks a line break that no model is ever to say).
    """
    template = tokenizer.chat_template
    if not isinstance(template, str) or marks_assistant(template):
        return tokenizer
    return _find_learner(tokenizer, template, len(tokenizer))


@lru_cache(maxsize=8)
def _find_learner(tokenizer: PreTrainedTokenizerFast, template: str, size: int) -> PreTrainedTokenizerFast:
    variant = find_training_template(tokenizer)
    if variant is None:
        return tokenizer
    learner: PreTrainedTokenizerFast = copy.copy(tokenizer)
    learner.chat_template = variant
    prompt, whole = (render_text(tokenizer, PROBE[:n], add_generation_prompt=n == 1).text for n in (1, 2))
    asks_the_same = render_text(learner, PROBE[:1], add_generation_prompt=True).text == prompt
    text, blocks = render_text(learner, PROBE, add_generation_prompt=False)
    return learner if asks_the_same and text == whole and blocks[:1] == [len(prompt)] else tokenizer


def _encode_parts(tokenizer: PreTrainedTokenizerFast, text: str, cuts: Sequence[int]) -> list[list[int]]:
    """Token ids of what stands before the first cut, and of each part that begins with a cut.

    Each part is encoded on its own, so that what stands before an answer is the very prompt that asks for one: no
    token reaches over the border, whatever the answer begins with.
    """
    texts = [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return [encode_rendered(tokenizer, part, behind=before) for before, part in pairwise(["", *texts])]


def _is_muted(messages: Sequence[Message], starts: Mapping[int, int], at: int) -> bool:
    """Whether the turn that a place in the text belongs to, the last one begun before it, has weight 0."""
    turns = [index for index, begun in starts.items() if begun <= at]
    return bool(turns) and messages[turns[-1]].get("weight") == 0


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
