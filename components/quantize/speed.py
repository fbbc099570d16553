"""Decode and prefill speed of several models, measured in turns so that a noisy machine harms all alike."""

import statistics
import time
from collections.abc import Mapping
from typing import NamedTuple

import torch
from transformers import PreTrainedModel

from components.generation.engine import Engine
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.quantize.config import SpeedConfig


class Speed(NamedTuple):
    """Median tokens per second over the rounds."""

    decode_tokens_per_s: float
    prefill_tokens_per_s: float


class _Times(NamedTuple):
    decode_s: float
    prefill_s: float


def measure_speed(models: Mapping[str, PreTrainedModel], cfg: SpeedConfig, seed: int) -> dict[str, Speed]:
    """Time every model once per round, in alternating order; the first, untimed round warms caches up."""
    generator = torch.Generator().manual_seed(seed)
    vocabulary = next(iter(models.values())).config.vocab_size
    prompts = torch.randint(vocabulary, (cfg.batch_size, cfg.prompt_tokens), generator=generator).tolist()
    times: dict[str, list[_Times]] = {name: [] for name in models}
    for round_ in range(cfg.rounds + 1):
        names = list(models) if round_ % 2 else list(models)[::-1]
        for name in names:
            times[name].append(_time_once(models[name], prompts, cfg.decode_tokens))
    return {name: _summarise(rounds[1:], cfg) for name, rounds in times.items()}


def _time_once(model: PreTrainedModel, prompts: list[list[int]], decode_tokens: int) -> _Times:
    """Through the engine that also serves, so that the figures are those of real use."""
    # No token ends anything early: every row is timed to the last.
    engine = Engine(model, end_token_ids=(), max_slots=len(prompts), max_len=len(prompts[0]) + decode_tokens + 1)
    for index, prompt in enumerate(prompts):
        engine.add(index, GenerationRequest(prompt, SamplingParams(decode_tokens + 1)))
    started = _now(model)
    engine.step()
    prefilled = _now(model)
    for _ in range(decode_tokens):
        engine.step()
    return _Times(decode_s=_now(model) - prefilled, prefill_s=prefilled - started)


def _now(model: PreTrainedModel) -> float:
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def _summarise(rounds: list[_Times], cfg: SpeedConfig) -> Speed:
    decode_s = statistics.median(times.decode_s for times in rounds)
    prefill_s = statistics.median(times.prefill_s for times in rounds)
    return Speed(
        decode_tokens_per_s=cfg.batch_size * cfg.decode_tokens / decode_s,
        prefill_tokens_per_s=cfg.batch_size * cfg.prompt_tokens / prefill_s,
    )
