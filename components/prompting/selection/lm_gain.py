"""Demonstrations that make the model surer of others' answers, found by progressive filtering (InfoScore)."""

from collections.abc import Sequence

import numpy as np

from components.prompting.selection.learned_config import LmGainSelection
from components.prompting.selection.pool import Choose, ExemplarPool
from components.prompting.selection.verdicts import weigh_answers
from components.retrieval.informative import filter_progressively
from components.retrieval.words import Floats


def choose_by_gain(pool: ExemplarPool, cfg: LmGainSelection) -> Choose:
    """The most informative ones, the same for every item (Li and Qiu 2023)."""
    size = len(pool.questions)
    questions = pool.draw(size, "lm_gain")
    kept: dict[int, list[int]] = {}

    def measure(candidates: Sequence[int], asked: Sequence[int]) -> Floats:
        """How much likelier an answer is behind a candidate than alone; of one's own nothing is learned."""
        alone_M = np.exp(weigh_answers(pool, [((), question) for question in asked], cot=cfg.cot))
        pairs = [((one,), question) for one in candidates for question in asked]
        behind_NM = np.exp(weigh_answers(pool, pairs, cot=cfg.cot)).reshape(len(candidates), len(asked))
        own_NM = np.asarray(candidates)[:, None] == np.asarray(asked)
        gains_NM: Floats = np.where(own_NM, 0.0, behind_NM - alone_M)
        return gains_NM

    def choose(_: object, count: int) -> list[int]:
        if count not in kept:
            found = filter_progressively(measure, size, questions, count, first=cfg.first, factor=cfg.factor)
            kept[count] = found.tolist()
        return kept[count]

    return choose
