"""How a problem is written down: worked, bare, or as a document for a base model."""

from random import Random

from components.problems.generator import Problem

ANSWER_SENTENCE = "The answer is {}."


def render_direct(problem: Problem) -> str:
    """The bare answer."""
    return ANSWER_SENTENCE.format(problem.answer)


def render_worked(problem: Problem) -> str:
    """One sentence per step, then the answer."""
    return " ".join((*problem.steps, render_direct(problem)))


def render_document(problem: Problem, rng: Random, *, worked_share: float) -> str:
    """A document for pre-training, worked or answered at once."""
    answer = render_worked(problem) if rng.random() < worked_share else render_direct(problem)
    return f"Question: {problem.question}\nAnswer: {answer}"
