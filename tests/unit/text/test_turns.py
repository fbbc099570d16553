"""Where the assistant speaks in what a template wrote."""

import pytest
from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.text.rendering import Message, mark_text, marks_assistant, render_text
from components.text.turns import check_heard, check_turns, find_starts

TALK: list[Message] = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Good day"},
    {"role": "user", "content": "And now?"},
    {"role": "assistant", "content": "Good night"},
]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture
def chatml(tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch) -> PreTrainedTokenizerFast:
    monkeypatch.setattr(tokenizer, "chat_template", CHATML)
    return tokenizer


def render(tokenizer: PreTrainedTokenizerFast, messages: list[Message]) -> str:
    return render_text(tokenizer, messages, add_generation_prompt=False).text


def test_each_turn_begins_behind_the_prompt_that_asks_for_it(chatml: PreTrainedTokenizerFast) -> None:
    text = render(chatml, TALK)
    starts = find_starts(chatml, TALK, text)
    assert {index: text[start : start + 10] for index, start in starts.items()} == {1: "Good day<|", 3: "Good night"}
    check_turns(chatml, TALK, text, starts)


def test_only_the_last_turns_are_looked_for_where_that_is_enough(chatml: PreTrainedTokenizerFast) -> None:
    assert list(find_starts(chatml, TALK, render(chatml, TALK), most=1)) == [3]


def test_a_template_that_shortens_what_is_said_is_refused_with_the_turn(chatml: PreTrainedTokenizerFast) -> None:
    chatml.chat_template = CHATML.replace("{{ m.content }}", "{{ m.content[:4] }}")
    text = render(chatml, TALK)
    with pytest.raises(DataError, match="message 1: the chat template rewrites what the assistant says"):
        check_turns(chatml, TALK, text, find_starts(chatml, TALK, text))


def test_a_template_that_passes_the_system_over_is_refused(chatml: PreTrainedTokenizerFast) -> None:
    chatml.chat_template = CHATML.replace("{% for m in messages %}", "{% for m in messages if m.role != 'system' %}")
    talk: list[Message] = [{"role": "system", "content": "Be brief."}, *TALK]
    text = render(chatml, talk)
    with pytest.raises(DataError, match="message 0: the chat template has no place for what the system says"):
        check_heard(chatml, talk, text, add_generation_prompt=False)


def test_control_tokens_that_people_write_are_marked(tokenizer: PreTrainedTokenizerFast) -> None:
    token = str(tokenizer.eos_token)
    marked = mark_text(tokenizer, f"say {token}!")
    assert token in marked and marked != f"say {token}!"
    assert mark_text(tokenizer, "say it!") == "say it!"


def test_a_template_without_a_place_for_chat_says_so(chatml: PreTrainedTokenizerFast) -> None:
    chatml.chat_template = None
    with pytest.raises(DataError, match="has no chat template; without one it can only continue a text"):
        render(chatml, TALK)
    assert marks_assistant("{%- generation -%}x{%- endgeneration -%}") and not marks_assistant(CHATML)
