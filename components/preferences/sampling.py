"""Pairs from the sft model itself: several answers to each unconstrained instruction, labelled by their tasks."""

from random import Random
from statistics import fmean

from components.base.errors import DataError
from components.base.rng import derive_seed
from components.datasets.preferences import Pair
from components.generation.answers import Answer
from components.generation.fitting import fits
from components.generation.pool import Pool, generate_answers
from components.generation.sampling import SamplingParams
from components.metrics.data import PreferencesMetrics
from components.preferences.config import SampledPreferencesConfig
from components.preferences.pairs import Sample, pair_samples
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import draw_items
from components.tasks.score import NUMBERS, Judge, has_cot, is_correct
from components.text.chat import render_chat


def sample_pairs(
    cfg: SampledPreferencesConfig, shared: SharedConfig, pool: Pool
) -> tuple[list[Pair], PreferencesMetrics]:
    """Sample, label and pair; also how often the samples are right and have a chain of thought."""
    rng = Random(derive_seed(shared.seed, "preference"))
    items = draw_items(shared, "preference", cfg.prompts, names=cfg.tasks, where="preferences.tasks")
    texts = [item.ask("unconstrained", rng) for item in items]
    prompts = [render_chat(pool.tokenizer, [{"role": "user", "content": text}]) for text in texts]
    asked = [one for one in zip(items, texts, prompts, strict=True) if fits(pool, one[2], cfg.max_new_tokens)]
    if not asked:
        raise DataError("preferences: no prompt leaves room in the model's context for max_new_tokens")
    items, texts, prompts = (list(column) for column in zip(*asked, strict=True))
    repeated = [ids for ids in prompts for _ in range(cfg.samples_per_prompt)]
    answers = generate_answers(pool, repeated, _draw_sampling(cfg, len(repeated), rng), what="sample answers")
    pairs: list[Pair] = []
    samples: list[Sample] = []
    worked: list[bool] = []
    by_task: dict[str, list[bool]] = {}
    for index, (text, ids, item) in enumerate(zip(texts, prompts, items, strict=True)):
        start = index * cfg.samples_per_prompt
        own = answers[start : start + cfg.samples_per_prompt]
        labelled = [label_sample(answer, item.gold, item.judge) for answer in own]
        pairs += pair_samples(text, ids, labelled, cfg.max_pairs_per_prompt, rng)
        samples += labelled
        by_task.setdefault(item.form.task, []).extend(sample.correct for sample in labelled)
        worked += [has_cot(answer.text) for answer in own if item.judge.reads_numbers]
    return pairs, _describe(samples, worked, by_task)


def label_sample(answer: Answer, gold: str, judge: Judge = NUMBERS) -> Sample:
    """An answer with the two facts that decide whether it is preferred: is it right, and did it come to its end."""
    correct = is_correct(answer.text, gold, judge)
    return Sample(answer.completion.whole_ids, answer.text, correct, answer.finished)


def _draw_sampling(cfg: SampledPreferencesConfig, count: int, rng: Random) -> list[SamplingParams]:
    return [
        SamplingParams(cfg.max_new_tokens, cfg.temperature, cfg.top_p, seed=rng.getrandbits(62)) for _ in range(count)
    ]


def _describe(samples: list[Sample], worked: list[bool], by_task: dict[str, list[bool]]) -> PreferencesMetrics:
    return PreferencesMetrics(
        sampled_answers=len(samples),
        sampled_correct_share=round(sum(sample.correct for sample in samples) / len(samples), 4),
        sampled_correct_shares={task: round(fmean(correct), 4) for task, correct in by_task.items()},
        sampled_preferred_share=round(sum(sample.is_preferred for sample in samples) / len(samples), 4),
        sampled_worked_share=round(sum(worked) / len(worked), 4) if worked else None,
    )
