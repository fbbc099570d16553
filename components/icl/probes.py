"""Probes of every model of the run, each beside the one that it was made of, and of a small one of the stage's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from components.generation.pool import Pool, open_pool
from components.icl.bench import describe_model
from components.icl.config import GridConfig
from components.icl.laboratory import MODEL
from components.metrics.figures import DIGITS, Figure, merge
from components.metrics.probes import LinearFunctionFigures, ModelProbes
from components.metrics.prompting import IclMetrics
from components.prompting.asking import Ask, AskAll, Reply, Weigh
from components.prompting.probes.config import LinearFunctionsConfig
from components.prompting.probes.linear_functions import expect_errors, measure_errors, train_reader
from components.prompting.probes.models import (
    probe_context,
    probe_curve,
    probe_induction,
    probe_labelled_words,
)
from components.prompting.selection.pool import ExemplarPool
from components.scoring.continuations import score_continuations
from components.scoring.long_documents import read_beginnings
from components.tasks.config import SharedConfig
from components.tasks.task import Task


def probe_models(
    stages: Mapping[str, Path], tokens: Path, task: Task, cfg: GridConfig, shared: SharedConfig
) -> IclMetrics:
    """What the params look for, in all models in their order; `stages` maps a model's name to its artifact."""
    probes, functions = cfg.probes, cfg.probes.linear_functions
    found: dict[str, ModelProbes] = {}
    if probes.induction or probes.context or probes.curve or probes.labelled_words:
        for name, stage in stages.items():
            with open_pool(stage / MODEL, shared.inference) as pool:
                found[name] = probe_model(pool, tokens, task, cfg, shared.seed)
    changed = {name: _compare(found, name) for name in found}
    return IclMetrics(
        probes=changed, linear_functions=learn_functions(functions, shared.seed) if functions is not None else None
    )


def probe_model(pool: Pool, tokens: Path, task: Task, cfg: GridConfig, seed: int) -> ModelProbes:
    """What is found in one model."""
    probes, parts = cfg.probes, []
    if probes.induction is not None:
        parts.append(probe_induction(pool, probes.induction, seed))
    if probes.context is not None:
        end = int(pool.tokenizer.eos_token_id)
        rows = read_beginnings(tokens, end, probes.context.tokens, probes.context.documents)
        parts.append(probe_context(pool, probes.context, torch.from_numpy(rows), cfg.confidence))
    if probes.curve is not None and task.pool:
        model = describe_model(pool, _ask_likelihoods(pool), pool.context)
        parts.append(probe_curve(ExemplarPool(task, seed, model=model), probes.curve))
    if probes.labelled_words is not None:
        parts.append(probe_labelled_words(pool, probes.labelled_words, seed))
    return merge(ModelProbes(), *parts)


def learn_functions(cfg: LinearFunctionsConfig, seed: int) -> LinearFunctionFigures:
    """Errors of a transformer that is trained here, beside those of least squares."""
    errors = measure_errors(train_reader(cfg, seed), cfg, seed)
    return LinearFunctionFigures(
        model=[round(error, DIGITS) for error in errors],
        least_squares=[round(error, DIGITS) for error in expect_errors(cfg.dimensions, cfg.points)],
    )


def _ask_likelihoods(pool: Pool) -> AskAll:
    """Asks for likelihoods alone, which are soon had again: no journal is kept."""

    def ask(asks: Sequence[Ask]) -> list[Reply]:
        weighed = [one for one in asks if isinstance(one, Weigh)]
        prompts, continuations = [one.ids for one in weighed], [one.continuation for one in weighed]
        return [Reply(value=score.logprob) for score in pool.run(score_continuations, prompts, continuations)]

    return ask


def _compare(found: Mapping[str, ModelProbes], name: str) -> ModelProbes:
    """With the changes to the model before it."""
    names = list(found)
    if names[0] == name:
        return found[name]
    own, other = found[name], found[names[names.index(name) - 1]]
    return own.model_copy(
        update={
            "induction_change": _subtract(own.induction_score, other.induction_score),
            "in_context_change": _subtract(own.in_context_score, other.in_context_score),
        }
    )


def _subtract(own: Figure, other: Figure) -> Figure:
    return None if own is None or other is None else round(own - other, DIGITS)
