"""All probes of one model, whichever engines have it."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor

from components.base.rng import derive_seed
from components.datasets.bursty import LabelledWords
from components.generation.pool import Pool
from components.metrics.figures import DIGITS
from components.metrics.probes import ModelProbes
from components.model.capabilities import is_encoder_decoder
from components.prompting.probes.config import (
    ContextConfig,
    CurveConfig,
    InductionConfig,
    LabelledWordsProbeConfig,
)
from components.prompting.probes.context import compare_places, measure_losses
from components.prompting.probes.curve import measure_curve
from components.prompting.probes.induction import draw_repeats, match_prefixes, measure_copying, score_heads
from components.prompting.probes.labelled_words import draw_questions, score_recall
from components.prompting.selection.pool import ExemplarPool
from components.prompting.selection.verdicts import weigh_answers
from components.retrieval.words import Floats
from components.scoring.continuations import score_continuations
from components.text.tokenizer import encode_document_prompt, encode_text


def probe_induction(pool: Pool, cfg: InductionConfig, seed: int) -> ModelProbes:
    """Prefix matching of every head, and what copying saves; nothing of a model that can show none of it."""
    length = cfg.length * cfg.rounds
    special = {int(token) for token in pool.tokenizer.all_special_ids}
    words = [token for token in range(len(pool.tokenizer)) if token not in special]
    if is_encoder_decoder(pool.config) or length > pool.context or len(words) < cfg.length:
        return ModelProbes()
    ids_BT = draw_repeats(words, cfg.sequences, cfg.length, cfg.rounds, derive_seed(seed, "probes", "induction"))
    scores = pool.run(score_heads, ids_BT, cfg.length)
    if not scores:
        return ModelProbes()
    first, repeated = pool.run(measure_copying, ids_BT, cfg.length)
    every = [score for layer in scores for score in layer]
    return ModelProbes(
        induction_score=_round(max(every)),
        induction_heads=sum(score >= cfg.threshold for score in every),
        even_score=_round(float(match_prefixes(look_evenly(length), cfg.length))),
        prefix_matching=[[_round(score) for score in layer] for layer in scores],
        first_nats=_round(first),
        repeated_nats=_round(repeated),
    )


def look_evenly(positions: int) -> Tensor:
    """Weights [1, 1, T, T] of a head that looks at all that it sees alike."""
    return (torch.ones(positions, positions).tril() / torch.arange(1.0, positions + 1)[:, None])[None, None]


def probe_context(pool: Pool, cfg: ContextConfig, ids_RT: Tensor, confidence: float) -> ModelProbes:
    """Loss late minus loss early; nothing of an encoder-decoder, of too short a context, or of fewer than two texts."""
    if is_encoder_decoder(pool.config) or len(ids_RT) < 2 or ids_RT.shape[1] > pool.context:
        return ModelProbes()
    found = compare_places(pool.run(measure_losses, ids_RT), cfg.window)
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * found.error
    return ModelProbes(
        in_context_score=_round(found.difference),
        in_context_low=_round(found.difference - half),
        in_context_high=_round(found.difference + half),
    )


def probe_curve(pool: ExemplarPool, cfg: CurveConfig) -> ModelProbes:
    """Nats of right answers behind more and more demonstrations; as many as the pool holds."""
    shots = [count for count in cfg.shots if count < len(pool.questions)]
    asked = pool.draw(min(cfg.questions, len(pool.questions)), "probes")
    rows = [_draw_row(pool, place, max(shots, default=0)) for place in asked]
    found = measure_curve(lambda shown: weigh_answers(pool, shown, cot=cfg.cot), rows, shots)
    return ModelProbes(curve={str(count): _round(nats) for count, nats in found.items()})


def probe_labelled_words(pool: Pool, cfg: LabelledWordsProbeConfig, seed: int) -> ModelProbes:
    """What it has learned of labelled words; nothing of a model whose context is too short for them."""
    words, tokenizer = LabelledWords(cfg.words, seed), pool.tokenizer
    asked = draw_questions(words, cfg.questions, seed)
    if max(len(encode_document_prompt(tokenizer, one.text)) for part in asked for one in part) > pool.context:
        return ModelProbes()

    def weigh(prompts: Sequence[str], labels: Sequence[str]) -> Floats:
        begun = [encode_document_prompt(tokenizer, prompt) for prompt in prompts for _ in labels]
        said = [encode_text(tokenizer, label) for _ in prompts for label in labels]
        scores = pool.run(score_continuations, begun, said)
        return np.array([score.logprob for score in scores]).reshape(len(prompts), len(labels))

    return ModelProbes(
        in_context_accuracy=_round(score_recall(weigh, asked.in_context, words.label_names)),
        in_weights_accuracy=_round(score_recall(weigh, asked.in_weights, words.label_names)),
        guessed_accuracy=_round(1 / cfg.words.labels),
    )


def _draw_row(pool: ExemplarPool, place: int, most: int) -> Sequence[int]:
    """A question, and others to show before it."""
    others = [other for other in pool.draw(len(pool.questions), "probes", pool.questions[place]) if other != place]
    return [place, *others[:most]]


def _round(value: float) -> float:
    return round(value, DIGITS)
