"""What the chat page offers to ask."""

from components.base.validation import validate
from components.base.yaml import read_yaml
from components.serve.config import ServeConfig
from components.serve.load_test import Reply, draw_items_to_ask
from components.serve.suggestions import PLACE, suggest_questions, write_page
from tests.contracts.source import ROOT
from tests.tiny import SHARED

SECTION = read_yaml(ROOT / "params.yaml")["serve"]
CFG: ServeConfig = validate(ServeConfig, SECTION | {"parity_questions": 6}, where="serve")


def test_questions_that_were_answered_right_come_first() -> None:
    items = draw_items_to_ask(CFG, SHARED)
    answers = [item.gold if place in (2, 4) else "unknown" for place, item in enumerate(items)]
    offline = [Reply(text=f"The answer is {answer}.") for answer in answers]
    asked = [item.ask_fixed(cot=True) for item in items]
    assert suggest_questions(CFG, SHARED, asked, offline) == [asked[2], asked[4], asked[0]]


def test_the_page_has_a_button_for_each_suggestion_and_none_for_none() -> None:
    page = (ROOT / "components" / "serve" / "page.html").read_text(encoding="utf-8")
    assert PLACE in page
    assert '<button type="button">Is 1 &lt; 2?</button>' in write_page(page, ["Is 1 < 2?"])
    assert '<button type="button">' not in write_page(page, []).partition('id="ideas"')[2].partition("</div>")[0]
