"""Ways to ask that may call a tool: all that is said may, and the result is the tool's."""

from pathlib import Path

import pytest

from components.generation.pool import LocalPool
from components.generation.sampling import SamplingParams
from components.generation.tool_calls import ToolForcer
from components.prompting.asker import Asker
from components.prompting.asking import Say
from components.prompting.journal import Journal
from components.prompting.method.config import ChainMethod, VotesMethod
from components.prompting.method.kinds import ask_for_chain
from components.prompting.method.votes import ask_for_votes
from components.prompting.tool import call_tool
from components.tools.config import CallMarks
from tests.tiny import make_model
from tests.unit.prompting.scripted import TOKENIZER, Script, make_question


def test_all_that_is_said_may_call_and_the_way_comes_to_what_it_came_to() -> None:
    tools: list[str | None] = []

    def speak(_: str, ask: Say) -> str:
        tools.append(ask.tool)
        return "The answer is 3."

    votes = VotesMethod(kind="self_consistency", samples=3, temperature=0.5)
    assert Script(speak).run(call_tool(ask_for_votes(votes, make_question()), "c")).answer == "3"
    assert tools == ["c"] * 3


def test_a_question_that_is_never_asked_ends_as_before() -> None:
    silent = make_question("word " * 900)
    assert Script().run(call_tool(ask_for_chain(ChainMethod(kind="chain_of_thought"), silent), "c")).prompt is None


@pytest.mark.parametrize("tool", ["answers", "none"])
def test_a_named_tool_writes_into_the_answer_and_none_does_not(tool: str, tmp_path: Path) -> None:
    model = make_model(TOKENIZER)
    free = Asker(LocalPool(model, TOKENIZER), Journal(tmp_path / "free"), lambda _: [], "free")
    [said] = free.ask([Say((5, 6, 7), SamplingParams(8))])
    marks = CallMarks(begin=said.text[0], result=said.text[2], end="!")
    forcer = ToolForcer(TOKENIZER, lambda _: "7", marks)
    tools = {"answers": forcer, "none": None}
    asker = Asker(LocalPool(model, TOKENIZER), Journal(tmp_path / "called"), lambda _: [], "called", tools)
    [called] = asker.ask([Say((5, 6, 7), SamplingParams(8), tool=tool)])
    assert ("7!" in called.text) == (tool == "answers")
    assert (called.text == said.text) == (tool == "none")
