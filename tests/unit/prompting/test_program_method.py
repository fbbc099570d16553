"""Answers by programs, behind demonstrations that are programs."""

from components.prompting.method.config import ProgramMethod
from components.prompting.method.programs import ask_for_program
from components.tasks.programs import show_programs
from components.tasks.task import Exemplar, Task
from tests.unit.prompting.scripted import SHOWN, Script, make_question

PROGRAM = ProgramMethod(kind="program", instruction="{{ question }} Program!")
POOL = (*SHOWN, Exemplar("Q4", "4", "It is 4."), Exemplar("Q5", "5", None))


def test_the_answer_is_what_the_program_comes_to() -> None:
    task = show_programs(Task("t", (make_question().item,), POOL))
    assert [exemplar.question for exemplar in task.pool] == ["Q1", "Q2"]
    script = Script(lambda *_: " step_1 = 1 + 2\nanswer = step_1 / 4\n7")
    found = script.run(ask_for_program(PROGRAM, make_question(choices=(task.pool,))))
    assert found.answer == "3/4"
    assert script.prompts[0].startswith("Q1: step_1 = 0 + 1\nanswer = step_1<|endoftext|>Q2: step_1 = 1 + 1")


def test_a_conversation_asks_for_a_program_in_words() -> None:
    script = Script(lambda *_: "answer = __import__('os')")
    found = script.run(ask_for_program(PROGRAM, make_question(form="chat", choices=((),))))
    assert (found.answer, script.prompts[0]) == (None, "<|user|>Q3 Program!<|assistant|>")
