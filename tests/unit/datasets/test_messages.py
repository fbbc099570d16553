"""Rows of any form become messages; what a row says is used, refused by name, or counted."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DataError
from components.datasets.messages import Fields, add_input, add_system, is_neutral, read_messages
from components.datasets.records import Row


def make_fields(**fields: Any) -> Fields:
    return Fields(Row(fields, Path("rows.jsonl"), 7), Counter())


@pytest.mark.parametrize("value", [None, "", [], {}, float("nan")])
def test_what_says_nothing_is_neutral(value: Any) -> None:
    assert is_neutral(value)
    assert not make_fields(a=value).holds("a")


@pytest.mark.parametrize("value", [0, False, " ", "x"])
def test_zero_and_blanks_say_something(value: Any) -> None:
    assert not is_neutral(value)


@pytest.mark.parametrize("turn", [{"role": "user", "content": "hi"}, {"from": "human", "value": "hi"}])
def test_both_forms_of_messages_are_read(turn: dict[str, str]) -> None:
    assert read_messages(make_fields(), [turn], "messages") == [{"role": "user", "content": "hi"}]


def test_plain_text_is_one_message_where_a_role_is_given() -> None:
    assert read_messages(make_fields(), "hi", "prompt", "user") == [{"role": "user", "content": "hi"}]
    with pytest.raises(DataError, match=r"^rows.jsonl:7: field 'messages' is not a list of messages"):
        read_messages(make_fields(), "hi", "messages")


def test_a_system_text_beside_the_messages_comes_first() -> None:
    fields = make_fields(system="Be brief.")
    messages = add_system(fields, [{"role": "user", "content": "hi"}])
    assert [message["role"] for message in messages] == ["system", "user"]
    fields.finish()
    assert fields.ignored == Counter()


def test_an_input_joins_its_instruction() -> None:
    prompt = [{"role": "user", "content": "Translate."}]
    add_input(make_fields(input="Guten Tag"), prompt, "input", "context")
    assert "Translate." in prompt[0]["content"] and "Guten Tag" in prompt[0]["content"]


def test_what_nobody_took_is_counted_and_what_nobody_may_pass_over_is_refused() -> None:
    fields = make_fields(id=3)
    fields.finish()
    assert fields.ignored == Counter({"id": 1})
    with pytest.raises(DataError, match="field 'tools' is not supported"):
        make_fields(tools=[{"name": "add"}]).finish()


def test_a_misspelt_field_is_guessed() -> None:
    error = make_fields(promt="hi").missing("prompt")
    assert str(error).endswith("field 'prompt' is missing; the row has 'promt' (is 'promt' to be 'prompt'?)")
