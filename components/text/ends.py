"""Where a text begins and ends in tokens: derived here once, learned and obeyed by every stage."""

from collections.abc import Sequence
from functools import lru_cache

from transformers import PreTrainedTokenizerFast

from components.text.rendering import encode_rendered, find_control_tokens, render_text

ANSWER = "Certainly"
PROBE = ({"role": "user", "content": "Hello"}, {"role": "assistant", "content": ANSWER})


def find_end_ids(tokenizer: PreTrainedTokenizerFast, declared: Sequence[int] = ()) -> list[int]:
    """The tokenizer's end token, those that a model's generation config declares, and the template's turn end."""
    found = [tokenizer.eos_token_id, *declared, find_turn_end(tokenizer)]
    known = [int(token) for token in found if token is not None and 0 <= token < len(tokenizer)]
    return list(dict.fromkeys(known))


def find_turn_end(tokenizer: PreTrainedTokenizerFast) -> int | None:
    """The token that the chat template puts after what the assistant says; None without one."""
    template = tokenizer.chat_template
    return _find_turn_end(tokenizer, template, len(tokenizer)) if template and isinstance(template, str) else None


@lru_cache(maxsize=8)
def _find_turn_end(tokenizer: PreTrainedTokenizerFast, chat_template: str, size: int) -> int | None:
    text = render_text(tokenizer, PROBE, add_generation_prompt=False).text
    _, found, after = text.rpartition(ANSWER)
    if not found:
        return None
    control = set(tokenizer.convert_tokens_to_ids(list(find_control_tokens(tokenizer))))
    return next((i for i in encode_rendered(tokenizer, after, behind=ANSWER) if i in control), None)


def find_begin_id(tokenizer: PreTrainedTokenizerFast) -> int | None:
    """The token that this tokenizer puts before every text of its own accord; None when it puts none.

    A tokenizer may name a beginning token and never use it (GPT-2), so what it does decides.
    """
    begin = tokenizer.bos_token_id
    if begin is None:
        return None
    ids = tokenizer("a", add_special_tokens=True)["input_ids"]
    return int(begin) if ids[:1] == [begin] else None
