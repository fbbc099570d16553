"""The forms in which a row holds a conversation: a list of messages, or two sides of one turn."""

from components.base.errors import DataError
from components.datasets.messages import Fields, Messages, add_input, add_system, read_messages

LISTS = ("messages", "conversations", "conversation")
ASKED_AND_ANSWERED = (
    ("prompt", ("completion", "response")),
    ("instruction", ("output", "response")),
    ("question", ("answer", "response")),
)
"""What a row of one turn calls its two sides; an instruction may come with an `input` or a `context`."""
FORMS = "a list 'messages' or 'conversations', or 'prompt' and 'completion', 'instruction' and 'output'"


def read_conversation(fields: Fields) -> Messages:
    """The conversation of a row, in whichever form; its other fields are refused or counted."""
    messages = add_system(fields, _find_messages(fields))
    fields.finish()
    if not any(message["role"] == "assistant" for message in messages):
        raise DataError(f"{fields.where}: no message of the assistant, so there is nothing to learn")
    if all(message.get("weight") == 0 for message in messages if message["role"] == "assistant"):
        raise DataError(f"{fields.where}: all messages of the assistant have weight 0, so there is nothing to learn")
    return messages


def _find_messages(fields: Fields) -> Messages:
    for name in LISTS:
        if fields.holds(name):
            return read_messages(fields, fields.take(name), name)
    for asked, answers in ASKED_AND_ANSWERED:
        answer = next((name for name in answers if fields.is_there(name)), None)
        if fields.holds(asked) and answer:
            return _join_sides(fields, asked, answer)
    raise fields.wanting(
        FORMS, [*LISTS, *(name for asked, answers in ASKED_AND_ANSWERED for name in (asked, *answers))]
    )


def _join_sides(fields: Fields, asked: str, answer: str) -> Messages:
    """What was asked and what was answered; an answer that repeats what was asked gives it once."""
    prompt = read_messages(fields, fields.take(asked), asked, "user")
    if asked == "instruction":
        add_input(fields, prompt, "input", "context")
    said = read_messages(fields, fields.take(answer) or "", answer, "assistant")
    return said if said[: len(prompt)] == prompt else prompt + said
