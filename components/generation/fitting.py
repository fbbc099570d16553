"""Answers to questions of whatever length: one that leaves no room for an answer gets none."""

from collections.abc import Sequence

from components.generation.answers import Answer
from components.generation.pool import Pool, generate_answers
from components.generation.sampling import SamplingParams


def fits(pool: Pool, prompt: Sequence[int], max_new_tokens: int) -> bool:
    """Whether an answer of so many tokens has room behind a prompt in the model's context."""
    return len(prompt) + max_new_tokens <= pool.context


def answer_fitting(
    pool: Pool, prompts: Sequence[Sequence[int]], sampling: SamplingParams, *, what: str
) -> list[Answer | None]:
    """An answer to every prompt that leaves room for one, None to the others, in the order given."""
    fitting = [fits(pool, prompt, sampling.max_new_tokens) for prompt in prompts]
    asked = [prompt for prompt, fit in zip(prompts, fitting, strict=True) if fit]
    answers = iter(generate_answers(pool, asked, sampling, what=what))
    return [next(answers) if fit else None for fit in fitting]
