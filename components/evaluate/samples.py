"""Asks one model every question by every method, and keeps what it said, item by item."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from components.base.errors import ParamsError
from components.base.rng import derive_seed
from components.evaluate.config import EvaluateConfig
from components.evaluate.methods import METHODS, Method
from components.generation.answers import Answer
from components.generation.pool import Pool, generate_answers, open_pool
from components.generation.sampling import SamplingParams
from components.model.capabilities import read_prompt_form
from components.prompting.likelihoods import choose_options
from components.tasks.config import SharedConfig
from components.tasks.prompt import Prompt, Prompter
from components.tasks.score import is_match, read_answer, vote
from components.tasks.task import Item, Task
from components.text.tokenizer import decode_ids

MODEL = "model"


@dataclass(frozen=True)
class Sample:
    """One question, asked of one model by one method, and how it went."""

    model: str
    method: str
    task: str
    id: str
    shots: int
    prompt: str | None
    """None when the question alone is longer than the model's context; it then counts as wrong."""
    completions: tuple[str, ...]
    answers: tuple[str | None, ...]
    """What was read from each completion."""
    extracted: str | None
    """The one answer, or the majority's."""
    gold: str
    correct: bool


@dataclass(frozen=True)
class _Question:
    task: Task
    item: Item
    method: str
    prompt: Prompt | None
    sampling: tuple[SamplingParams, ...]
    """One for each completion; none where the likeliest option is the answer."""


def ask_models(
    stages: Mapping[str, Path], tasks: Sequence[Task], cfg: EvaluateConfig, shared: SharedConfig
) -> list[Sample]:
    """Every model by every method on every task; `stages` maps a model's name to its artifact."""
    found: list[Sample] = []
    for name, stage in stages.items():
        with open_pool(stage / MODEL, shared.inference, tool=shared.tool) as pool:
            found += ask_model(name, pool, tasks, cfg, shared.seed)
    return found


def ask_model(name: str, pool: Pool, tasks: Sequence[Task], cfg: EvaluateConfig, seed: int) -> list[Sample]:
    """All questions go through the engine together: equal prompts (a greedy and several sampled chains) run once."""
    room = pool.context - max(cfg.answer_only_max_new_tokens, cfg.cot_max_new_tokens)
    if room < 1:
        raise ParamsError(f"evaluate: max_new_tokens leaves no room for a prompt in the context of the {name} model")
    prompter = Prompter(pool.tokenizer, read_prompt_form(pool.config), room)
    questions = list(_pose_questions(prompter, tasks, cfg, seed))
    prompts = [q.prompt.ids for q in questions if q.prompt for _ in q.sampling]
    sampling = [params for q in questions if q.prompt for params in q.sampling]
    answers = iter(generate_answers(pool, prompts, sampling, what=f"{name} answers"))
    asked = [(q.item, q.prompt) for q in questions if q.prompt and not q.sampling]
    chosen = iter(choose_options(pool, asked, read_prompt_form(pool.config)))
    said = [list(_take(q, answers, chosen)) for q in questions]
    return [_score(name, pool.tokenizer, *pair) for pair in zip(questions, said, strict=True)]


def _take(asked: _Question, answers: Iterator[Answer], chosen: Iterator[str]) -> Iterator[str]:
    """What the model said to a question, or the option that it found likeliest."""
    if asked.prompt and not asked.sampling:
        yield next(chosen)
    elif asked.prompt:
        yield from (answer.text for answer in islice(answers, len(asked.sampling)))


def _pose_questions(prompter: Prompter, tasks: Sequence[Task], cfg: EvaluateConfig, seed: int) -> Iterator[_Question]:
    places = ((task, item, name) for task in tasks for item in task.items for name in cfg.methods)
    for index, (task, item, name) in enumerate(places):
        method = METHODS[name]
        prompt = prompter.write(item, cot=method.cot, shown=method.shots)
        chooses = item.form.by_likelihood and not method.cot
        yield _Question(task, item, name, prompt, () if chooses else _choose_sampling(method, cfg, seed, index))


def _choose_sampling(method: Method, cfg: EvaluateConfig, seed: int, index: int) -> tuple[SamplingParams, ...]:
    """A sample's seed depends on its question's place alone: all models draw the same numbers."""
    limit = cfg.cot_max_new_tokens if method.cot else cfg.answer_only_max_new_tokens
    if not method.votes:
        return (SamplingParams(limit),)
    chains = cfg.self_consistency
    return tuple(
        SamplingParams(limit, chains.temperature, chains.top_p, seed=derive_seed(seed, "evaluate", index, sample))
        for sample in range(chains.samples)
    )


def _score(name: str, tokenizer: PreTrainedTokenizerFast, asked: _Question, said: Sequence[str]) -> Sample:
    task, item, prompt = asked.task, asked.item, asked.prompt
    cue = prompt.cue if prompt else ""
    answers = tuple(read_answer(cue + text, item.judge) for text in said)
    extracted = vote(answers)
    return Sample(
        model=name,
        method=asked.method,
        task=task.name,
        id=item.id,
        shots=prompt.shots if prompt else 0,
        prompt=decode_ids(tokenizer, prompt.ids) if prompt else None,
        completions=tuple(said),
        answers=answers,
        extracted=extracted,
        gold=item.gold,
        correct=is_match(extracted, item.gold, item.judge.metric),
    )
