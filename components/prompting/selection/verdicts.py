"""What a model makes of demonstrations, on the pool's own solved questions.

Shapes: S demonstrations with a question.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from components.generation.sampling import SamplingParams
from components.prompting.asking import Ask, Say, Weigh
from components.prompting.likelihoods import encode_option
from components.prompting.selection.pool import ExemplarPool
from components.retrieval.words import Floats
from components.tasks.prompt import Prompt
from components.tasks.score import is_match, read_answer
from components.tasks.task import Item

Shown = tuple[tuple[int, ...], int]
"""Places in the pool of what is shown, and of the question that is asked behind it."""


def weigh_answers(pool: ExemplarPool, shown: Sequence[Shown], *, cot: bool) -> Floats:
    """The log-probability of each question's own answer behind its demonstrations, [S], in nats.

    All are asked at once. Demonstrations that do not fit give way as ever; a question that does not fit alone has 0, so
    that nothing gains by it.
    """
    prompts = [_write(pool, one, cot=cot) for one in shown]
    asks = [
        Weigh(prompt.ids, _encode_answer(pool, place, prompt, cot=cot))
        for prompt, (_, place) in zip(prompts, shown, strict=True)
        if prompt is not None
    ]
    values = iter(reply.value for reply in pool.model.ask(asks))
    return np.array([0.0 if prompt is None else next(values) for prompt in prompts])


def say_answers(pool: ExemplarPool, shown: Sequence[Shown], *, cot: bool, max_new_tokens: int) -> list[str]:
    """What the model says to each question behind its demonstrations, greedily; nothing where it does not fit."""
    prompts = [_write(pool, one, cot=cot) for one in shown]
    asks: list[Ask] = [Say(prompt.ids, SamplingParams(max_new_tokens)) for prompt in prompts if prompt is not None]
    said = iter(pool.model.ask(asks))
    return ["" if prompt is None else prompt.cue + next(said).text for prompt in prompts]


def is_right(pool: ExemplarPool, place: int, text: str) -> bool:
    """Whether a text comes to the answer of a solved question of the pool."""
    item = pose(pool, ((), place))
    return is_match(read_answer(text, item.judge), item.gold, item.judge.metric)


def pose(pool: ExemplarPool, shown: Shown) -> Item:
    """A solved question of the pool as an item to ask, with its demonstrations."""
    places, place = shown
    exemplar = pool.exemplars[place]
    gold = read_answer(exemplar.answer_only, pool.like.judge) or exemplar.answer_only
    demonstrations = tuple(pool.exemplars[one] for one in places)
    return replace(pool.like, question=exemplar.question, gold=gold, solution=exemplar, exemplars=demonstrations)


def _write(pool: ExemplarPool, shown: Shown, *, cot: bool) -> Prompt | None:
    return pool.model.prompter.write(pose(pool, shown), cot=cot, shown=True)


def _encode_answer(pool: ExemplarPool, place: int, prompt: Prompt, *, cot: bool) -> tuple[int, ...]:
    """What is left of the answer behind the cue that the prompt ends with."""
    writer = pool.model.prompter
    answer = pool.exemplars[place].say(cot=cot).removeprefix(prompt.cue.strip()).strip()
    return tuple(encode_option(writer.tokenizer, answer, writer.delimiter))
