"""A suite asked of a model: every question of every task, judged, averaged and written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from components.base.errors import DataError
from components.base.hashing import hash_folder
from components.evaluate.harness.aggregation import choose_aggregation, summarise, summarise_group
from components.evaluate.harness.asking import Asker, GenerationSettings, choose_seed, read_settings
from components.evaluate.harness.filters import apply_pipeline, build_pipelines
from components.evaluate.harness.metrics import check_metrics, find_gold, judge
from components.evaluate.harness.results import Outcome, make_sample, write_results
from components.generation.pool import open_pool
from components.model.config import InferenceConfig
from components.scoring.store import AnswerStore
from components.tasks.harness.suite import Suite
from components.tasks.harness.task import PLAIN, ChatOptions, HarnessTask, Question

STORE = "answers.jsonl"
AS_IT_IS = InferenceConfig()


def run_suite(
    suite: Suite,
    model: Path,
    out: Path,
    *,
    chat: ChatOptions = PLAIN,
    limit: int | None = None,
    inference: InferenceConfig = AS_IT_IS,
) -> str:
    """Ask a model folder all questions; write `results_*.json` and `samples_*.jsonl` and return the table as text.

    Answers are kept in `answers.jsonl` beside them: what was asked already, in a run that was killed or in one with
    another limit, is not asked again. Raises PipelineError for a mistake in a page before the model is read.
    """
    asked = {task.name: list(task.ask(chat, limit)) for task in suite.tasks}
    for task in suite.tasks:
        _check(task, asked[task.name])
    scope = {"model": hash_folder(model), "dtype": inference.dtype, "max_length": inference.max_length}
    with open_pool(model, inference) as pool, AnswerStore(out / STORE, scope) as store:
        asker = Asker(pool, store)
        answers = _ask_all(asker, [(task, asked[task.name]) for task in suite.tasks])
    outcomes = [_judge_task(task, asked[task.name], answers[task.name]) for task in suite.tasks]
    results = {outcome.task.name: outcome.results for outcome in outcomes}
    groups: dict[str, dict[str, Any]] = {}
    for group in suite.groups:
        groups[group.page.group] = summarise_group(group, results)
    return write_results(outcomes, suite, groups, model, out, limit=limit, chat=chat)


def _check(task: HarnessTask, questions: Sequence[Question]) -> None:
    """All that can be said of a page before a model is asked: its filters, figures, settings and gold answers."""
    build_pipelines(task.page.filter_list, task.where)
    check_metrics(task)
    for metric in task.metrics:
        choose_aggregation(task, metric)
    if task.page.output_type == "generate_until":
        read_settings(task.generation_kwargs, task.where)
    if task.page.output_type == "multiple_choice" and task.page.process_results is None:
        for question in questions:
            find_gold(task, question, task.reader.read_choices(question.doc))


def _ask_all(asker: Asker, asked: Sequence[tuple[HarnessTask, Sequence[Question]]]) -> dict[str, list[list[list[Any]]]]:
    """By task, of each question, of each request: its answers. Requests of all tasks go to the model together."""
    kinds: dict[str, list[tuple[HarnessTask, Question, int]]] = defaultdict(list)
    for task, questions in asked:
        for question in questions:
            for place in range(len(question.arguments)):
                kinds[question.kind].append((task, question, place))
    found: dict[tuple[str, int, int], list[Any]] = {}
    for kind, requests in kinds.items():
        for (task, question, place), answers in zip(requests, _ask_kind(asker, kind, requests), strict=True):
            found[task.name, question.doc_id, place] = answers
    return {
        task.name: [[found[task.name, q.doc_id, place] for place in range(len(q.arguments))] for q in questions]
        for task, questions in asked
    }


def _ask_kind(asker: Asker, kind: str, requests: Sequence[tuple[HarnessTask, Question, int]]) -> list[list[Any]]:
    """Of each request its answers; only what is sampled has several that differ."""
    given = [question.arguments[place] for _, question, place in requests]
    repeats = [task.page.repeats for task, _, _ in requests]
    try:
        match kind:
            case "loglikelihood":
                scores = asker.score_pairs([(str(context), str(said)) for context, said in given])
                return [[(s.logprob, s.greedy)] * count for s, count in zip(scores, repeats, strict=True)]
            case "loglikelihood_rolling":
                sums = asker.score_rolling([str(text) for (text,) in given])
                return [[logprob] * count for logprob, count in zip(sums, repeats, strict=True)]
            case _:
                prompts = [
                    str(argument[0]) for argument, count in zip(given, repeats, strict=True) for _ in range(count)
                ]
                wishes = [wish for task, question, _ in requests for wish in _draw_settings(task, question)]
                texts = iter(asker.generate(prompts, wishes))
                return [[next(texts) for _ in range(count)] for count in repeats]
    except DataError as error:
        raise DataError(f"{', '.join(dict.fromkeys(task.where for task, _, _ in requests))}: {error}") from None


def _draw_settings(task: HarnessTask, question: Question) -> list[GenerationSettings]:
    """One for each answer to a question, each with a seed of its own."""
    settings = read_settings(task.generation_kwargs, task.where)
    seeds = (choose_seed(task.seed, task.name, question.doc_id, repeat) for repeat in range(task.page.repeats))
    if settings.sampling.temperature == 0:
        seeds = (0 for _ in range(task.page.repeats))
    return [replace(settings, sampling=replace(settings.sampling, seed=seed)) for seed in seeds]


def _judge_task(task: HarnessTask, questions: Sequence[Question], answers: Sequence[list[list[Any]]]) -> Outcome:
    """Figures of each question under each filter, and of the task."""
    flat = [given for own in answers for given in own]
    docs = [question.doc for question in questions for _ in question.arguments]
    samples: list[dict[str, Any]] = []
    figures: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for name, steps in build_pipelines(task.page.filter_list, task.where).items():
        filtered = iter(apply_pipeline(steps, flat, docs, task.where))
        for question, own in zip(questions, answers, strict=True):
            kept = [next(filtered) for _ in question.arguments]
            found = judge(task, question, kept)
            samples.append(make_sample(question, own, kept, name, found))
            for metric, value in found.items():
                figures[metric, name].append(value)
    own_results = {"name": task.name, "alias": task.page.task_alias or task.name, "sample_len": len(questions)}
    return Outcome(task, {**own_results, **summarise(task, figures)}, samples)
