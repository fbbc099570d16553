"""Asks one model every question by every method, and keeps what it said, item by item."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from components.base.errors import ParamsError
from components.base.rng import derive_seed
from components.evaluate.config import WORKED_METHODS, EvaluateConfig, Method, Metric
from components.evaluate.prompts import Form, Prompt, Prompter
from components.evaluate.task import Item, Task
from components.evaluate.task_file import read_answer
from components.generation.ends import read_end_ids
from components.generation.engine import Completion, SamplingParams, generate
from components.model.capabilities import read_context
from components.problems.checker import same_value
from components.runtime.folder import load_folder
from components.text.tokenizer import decode_answer, decode_ids

BASE = "base"
MODEL = "model"


@dataclass(frozen=True)
class Record:
    """One question, asked of one model by one method, and how it went."""

    model: str
    method: Method
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
class _Ask:
    task: Task
    item: Item
    method: Method
    prompt: Prompt | None


def judge_models(stages: Mapping[str, Path], tasks: Sequence[Task], cfg: EvaluateConfig, seed: int) -> list[Record]:
    """Every model by every method on every task; `stages` maps a model's name to its artifact."""
    return [r for name, stage in stages.items() for r in judge_model(name, stage / MODEL, tasks, cfg, seed)]


def judge_model(name: str, folder: Path, tasks: Sequence[Task], cfg: EvaluateConfig, seed: int) -> list[Record]:
    """All questions go through the engine together: equal prompts (a greedy and several sampled chains) run once."""
    model, tokenizer = load_folder(folder)
    room = read_context(model.config) - max(cfg.direct_max_new_tokens, cfg.steps_max_new_tokens)
    if room < 1:
        raise ParamsError(f"evaluate: max_new_tokens leaves no room for a prompt in the context of {folder}")
    form: Form = "documents" if name == BASE else "chat"
    asks = list(_write_asks(Prompter(tokenizer, form, room), tasks, cfg))
    prompts, sampling = _plan(asks, cfg, seed)
    completions = generate(model, prompts, sampling, end_token_ids=read_end_ids(model), what=f"{name} answers")
    return list(_read(name, tokenizer, asks, completions, cfg))


def vote(answers: Sequence[str | None]) -> str | None:
    """The most frequent answer; among equals the one seen first; None when there is none at all."""
    counts = Counter(answer for answer in answers if answer is not None)
    return counts.most_common(1)[0][0] if counts else None


def is_match(extracted: str | None, gold: str, metric: Metric) -> bool:
    """Whether the answer is the gold one."""
    if extracted is None:
        return False
    match metric:
        case "exact_match":
            return same_value(extracted, gold)
        case "exact_match_ignoring_case":
            return extracted.casefold() == gold.casefold()


def _write_asks(prompter: Prompter, tasks: Sequence[Task], cfg: EvaluateConfig) -> Iterator[_Ask]:
    for task in tasks:
        for item in task.items:
            for method in cfg.methods:
                yield _Ask(task, item, method, prompter.write(task, item, method))


def _plan(asks: Sequence[_Ask], cfg: EvaluateConfig, seed: int) -> tuple[list[tuple[int, ...]], list[SamplingParams]]:
    """One request per completion. A sample's seed depends on its place alone: all models draw the same numbers."""
    prompts, sampling = [], []
    for index, ask in enumerate(asks):
        if ask.prompt is None:
            continue
        for sample in range(_count(ask.method, cfg)):
            prompts.append(ask.prompt.ids)
            sampling.append(_choose_sampling(ask.method, cfg, derive_seed(seed, "evaluate", index, sample)))
    return prompts, sampling


def _count(method: Method, cfg: EvaluateConfig) -> int:
    return cfg.self_consistency.samples if method == "self_consistency" else 1


def _choose_sampling(method: Method, cfg: EvaluateConfig, seed: int) -> SamplingParams:
    limit = cfg.steps_max_new_tokens if method in WORKED_METHODS else cfg.direct_max_new_tokens
    if method != "self_consistency":
        return SamplingParams(limit)
    chains = cfg.self_consistency
    return SamplingParams(limit, temperature=chains.temperature, top_p=chains.top_p, seed=seed)


def _read(
    name: str,
    tokenizer: PreTrainedTokenizerFast,
    asks: Sequence[_Ask],
    completions: Sequence[Completion],
    cfg: EvaluateConfig,
) -> Iterator[Record]:
    """Hand each ask its own completions back, in the order in which they were planned."""
    remaining = iter(completions)
    for ask in asks:
        count = _count(ask.method, cfg) if ask.prompt is not None else 0
        said = [decode_answer(tokenizer, c.token_ids) for c in islice(remaining, count)]
        prompt = None if ask.prompt is None else decode_ids(tokenizer, ask.prompt.ids)
        yield _judge(name, ask, prompt, said)


def _judge(name: str, ask: _Ask, prompt: str | None, said: Sequence[str]) -> Record:
    task, item = ask.task, ask.item
    cue = ask.prompt.cue if ask.prompt else ""
    answers = tuple(read_answer(cue + text, task.extractors) for text in said)
    extracted = vote(answers)
    return Record(
        model=name,
        method=ask.method,
        task=task.name,
        id=item.id,
        shots=ask.prompt.shots if ask.prompt else 0,
        prompt=prompt,
        completions=tuple(said),
        answers=answers,
        extracted=extracted,
        gold=item.gold,
        correct=is_match(extracted, item.gold, task.metric),
    )
