"""The questions that the chat page offers: those of the run's tasks that the model was seen to answer."""

from collections.abc import Sequence
from html import escape

from components.serve.config import ServeConfig
from components.serve.load_test import Reply, draw_items_to_ask
from components.tasks.config import SharedConfig
from components.tasks.score import is_correct

PLACE = "<!-- suggestions -->"
MOST = 3
LONGEST_CHARS = 300


def suggest_questions(
    cfg: ServeConfig, shared: SharedConfig, questions: Sequence[str], offline: Sequence[Reply]
) -> list[str]:
    """A few of the questions that were asked, those that were answered right first; none that is very long."""
    items = {item.ask_fixed(cot=True): item for item in draw_items_to_ask(cfg, shared)}
    asked = [
        (not is_correct(reply.text, items[question].gold, items[question].judge), question)
        for question, reply in zip(questions, offline, strict=True)
    ]
    fitting = [pair for pair in asked if len(pair[1]) <= LONGEST_CHARS]
    return [question for _, question in sorted(fitting, key=lambda pair: pair[0])[:MOST]]


def write_page(page: str, suggestions: Sequence[str]) -> str:
    """The chat page with a button for each suggestion."""
    buttons = (f'<button type="button">{escape(question)}</button>' for question in suggestions)
    return page.replace(PLACE, "\n      ".join(buttons))
