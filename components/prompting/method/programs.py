"""Answers by programs: the model writes one, and what it comes to counts."""

from dataclasses import replace

from components.generation.sampling import SamplingParams
from components.prompting.asking import Say, Steps
from components.prompting.method.config import ProgramMethod
from components.prompting.method.question import Answered, Question
from components.tasks.numbers import normalise_number
from components.tools.programs import cut_program, run_program


def ask_for_program(cfg: ProgramMethod, question: Question) -> Steps[Answered]:
    """For a program, greedily, and run it; the steps of the demonstrations are programs already."""
    form = question.item.form
    chat, base = form.chat.model_copy(update={"cot": cfg.instruction}), form.base.model_copy(update={"cot_cue": ""})
    asked = replace(question, item=replace(question.item, form=replace(form, chat=chat, base=base)))
    prompt = asked.write(cot=True)
    if prompt is None:
        return Answered(None, None)
    [said] = yield [Say(prompt.ids, SamplingParams(question.limits.cot))]
    found = run_program(cut_program(said.text))
    return Answered(None if found is None else normalise_number(found), prompt, (said.text,))
