"""What was learned of labelled words, by who looks it up and by who knows it."""

from collections.abc import Sequence

import numpy as np
import pytest

from components.datasets.bursty import LabelledWords
from components.datasets.config import LabelledWordsConfig
from components.generation.pool import LocalPool
from components.prompting.probes.config import LabelledWordsProbeConfig
from components.prompting.probes.labelled_words import WeighLabels, draw_questions, score_recall
from components.prompting.probes.models import probe_labelled_words
from components.retrieval.words import Floats
from tests.tiny import make_model, make_tokenizer

CFG = LabelledWordsConfig(classes=16, labels=4)
WORDS = LabelledWords(CFG, 3)
KNOWN = {one.prompt.splitlines()[-1]: one.label for one in draw_questions(WORDS, 400, 9).in_weights}


def copy(prompts: Sequence[str], labels: Sequence[str]) -> Floats:
    """Says what the last word was called before, and knows nothing else."""
    return np.array([[float(prompt.split("\n")[-1] + label in prompt) for label in labels] for prompt in prompts])


def look_up(prompts: Sequence[str], labels: Sequence[str]) -> Floats:
    """Knows every word of the data, and reads no context."""
    return np.array([[float(KNOWN.get(p.split("\n")[-1]) == label.strip()) for label in labels] for p in prompts])


@pytest.mark.parametrize(("weigh", "in_context", "in_weights"), [(copy, 1.0, 0.25), (look_up, 0.25, 1.0)])
def test_a_copier_has_the_context_alone_and_a_lookup_the_data(
    weigh: WeighLabels, in_context: float, in_weights: float
) -> None:
    asked = draw_questions(WORDS, 50, 1)
    assert score_recall(weigh, asked.in_context, WORDS.label_names) == in_context
    assert score_recall(weigh, asked.in_weights, WORDS.label_names) == in_weights


def test_a_model_is_asked_for_the_likeliest_of_all_labels_where_its_context_holds_them() -> None:
    tokenizer, cfg = make_tokenizer(), LabelledWordsProbeConfig(words=CFG, questions=6)
    pool = LocalPool(make_model(tokenizer), tokenizer)
    found = probe_labelled_words(pool, cfg, seed=1)
    assert found.guessed_accuracy == 0.25
    assert found.in_context_accuracy is not None and found.in_weights_accuracy is not None
    assert probe_labelled_words(pool, cfg, seed=1) == found
    short = LocalPool(pool.model, pool.tokenizer, max_length=20)
    assert probe_labelled_words(short, cfg, seed=1).in_context_accuracy is None
