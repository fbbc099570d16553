"""Each method: a function of its own params and a question, which asks what it needs and comes to an answer."""

from collections.abc import Callable, Mapping
from typing import Any

from components.generation.sampling import SamplingParams
from components.prompting.asking import Say, Steps
from components.prompting.method.config import (
    ChainMethod,
    ComplexityMethod,
    DirectMethod,
    LeastMethod,
    Method,
    ProgramMethod,
    VerificationMethod,
    VerifiedMethod,
    VotesMethod,
    ZeroChainMethod,
)
from components.prompting.method.programs import ask_for_program
from components.prompting.method.question import Answered, Question
from components.prompting.method.stages import ask_in_two_stages, ask_simpler_first
from components.prompting.method.verification import ask_and_verify
from components.prompting.method.votes import ask_for_complex_votes, ask_for_verified_votes, ask_for_votes
from components.prompting.method.weighing import weigh_options


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


METHODS: Mapping[type, Callable[[Any, Question], Steps[Answered]]] = {
    DirectMethod: ask_directly,
    ChainMethod: ask_for_chain,
    ZeroChainMethod: ask_in_two_stages,
    VotesMethod: ask_for_votes,
    ComplexityMethod: ask_for_complex_votes,
    VerifiedMethod: ask_for_verified_votes,
    VerificationMethod: ask_and_verify,
    LeastMethod: ask_simpler_first,
    ProgramMethod: ask_for_program,
}
"""A method is one function; adding one is a line here and a class in the config."""


def count_choices(cfg: Method) -> int:
    """How many choices of demonstrations a method wants."""
    return cfg.prompts if isinstance(cfg, VerifiedMethod) else 1
