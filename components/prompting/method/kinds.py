"""Each method: a function of its own params and a question, which asks what it needs and comes to an answer."""

from collections.abc import Callable, Mapping
from typing import Any

from components.generation.sampling import SamplingParams
from components.prompting.asking import Say, Steps
from components.prompting.method.config import ChainMethod, DirectMethod, Method, VotesMethod
from components.prompting.method.question import Answered, Question, list_texts
from components.prompting.method.weighing import weigh_options
from components.tasks.score import vote


def ask_directly(_: DirectMethod, question: Question) -> Steps[Answered]:
    """For the answer at once."""
    prompt = question.write(cot=False)
    if prompt is None:
        return Answered(None, None)
    if question.item.form.by_likelihood:
        return (yield from weigh_options(question, prompt))
    [said] = yield [Say(prompt.ids, SamplingParams(question.limits.answer))]
    return Answered(question.read(said.text, prompt.cue), prompt, (said.text,))


def ask_for_chain(_: ChainMethod, question: Question) -> Steps[Answered]:
    """For steps and then the answer, greedily."""
    prompt = question.write(cot=True)
    if prompt is None:
        return Answered(None, None)
    [said] = yield [Say(prompt.ids, SamplingParams(question.limits.cot))]
    return Answered(question.read(said.text, prompt.cue), prompt, (said.text,))


def ask_for_votes(cfg: VotesMethod, question: Question) -> Steps[Answered]:
    """For several chains, of whose answers the most frequent is taken."""
    prompt = question.write(cot=True)
    if prompt is None:
        return Answered(None, None)
    said = yield question.sample(prompt, cfg)
    answers = tuple(question.read(reply.text, prompt.cue) for reply in said)
    return Answered(vote(answers), prompt, list_texts(said), answers)


METHODS: Mapping[type, Callable[[Any, Question], Steps[Answered]]] = {
    DirectMethod: ask_directly,
    ChainMethod: ask_for_chain,
    VotesMethod: ask_for_votes,
}
"""A method is one function; adding one is a line here and a class in the config."""


def count_choices(cfg: Method) -> int:
    """How many choices of demonstrations a method wants."""
    return 1
