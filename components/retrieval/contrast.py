"""A retriever that a language model's own verdicts train: EPR (Rubin et al. 2022, arXiv 2112.08633).

BM25 recalls candidates, a model says which of them help, and two encoders learn to find those by contrast (InfoNCE, van
den Oord et al. 2018, arXiv 1807.03748). The encoders are linear over TF-IDF where the paper tunes two BERTs. Shapes: N
texts, Q questions, W words, D width, B pairs of a batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from components.retrieval.bm25 import Bm25
from components.retrieval.choices import choose_nearest
from components.retrieval.words import Floats, Tfidf

Score = Callable[[Sequence[tuple[int, int]]], Floats]
"""Of pairs of a text and a question: how much the text helps with the question, the log-probability of its answer."""


@dataclass(frozen=True)
class Labels:
    """Of one question: texts that help it most, and those among the recalled that help it least."""

    question: int
    helpful: tuple[int, ...]
    useless: tuple[int, ...]


@dataclass(frozen=True)
class Training:
    """How the encoders are trained."""

    width: int
    steps: int
    batch_size: int
    learning_rate: float
    seed: int


def recall_texts(texts: Sequence[str], questions: Sequence[str], count: int) -> list[list[int]]:
    """For each question the texts that BM25 finds nearest, but none that says the very same: it would give it away."""
    bm25 = Bm25(texts)
    found = []
    for question in questions:
        ranked = choose_nearest(bm25.score(question), len(texts)).tolist()
        found.append([place for place in ranked if texts[place] != question][:count])
    return found


def label_texts(recalled: Sequence[Sequence[int]], score: Score, kept: int) -> list[Labels]:
    """The `kept` best and worst of what was recalled for each question, by one call of `score` over all pairs.

    Where fewer than twice as many were recalled, each half takes its part; of one alone nothing can be learned.
    """
    pairs = [(place, question) for question, places in enumerate(recalled) for place in places]
    values = iter(score(pairs).tolist())
    labels = []
    for question, places in enumerate(recalled):
        ranked = [place for _, place in sorted((-next(values), place) for place in places)]
        half = min(kept, len(ranked) // 2)
        if half:
            labels.append(Labels(question, tuple(ranked[:half]), tuple(ranked[-half:])))
    return labels


class Retriever:
    """Two encoders over words: one reads what is asked, one what may be shown. Found by inner product."""

    def __init__(self, texts: Sequence[str], questions: Sequence[str], width: int, seed: int) -> None:
        self._tfidf = Tfidf([*texts, *questions])
        self._texts_NW = torch.from_numpy(self._tfidf.encode(texts))
        words = self._texts_NW.shape[1]
        # One projection for both: before any training, products are about the cosines of TF-IDF vectors.
        drawn_WD = np.random.default_rng(seed).normal(size=(words, width)) / np.sqrt(width)
        self.question_WD = torch.from_numpy(drawn_WD).requires_grad_()
        self.text_WD = torch.from_numpy(drawn_WD.copy()).requires_grad_()

    def encode_questions(self, questions: Sequence[str]) -> Tensor:
        """[Q, D], with gradients."""
        return torch.from_numpy(self._tfidf.encode(questions)) @ self.question_WD

    def encode_texts(self, places: Sequence[int] | None = None) -> Tensor:
        """Some of the texts, or all: [N, D], with gradients."""
        chosen = self._texts_NW if places is None else self._texts_NW[list(places)]
        return chosen @ self.text_WD

    @torch.no_grad()
    def score(self, question: str) -> Floats:
        """Inner product with each text, [N]."""
        found: Floats = (self.encode_texts() @ self.encode_questions([question])[0]).numpy()
        return found


def train_retriever(
    texts: Sequence[str], questions: Sequence[str], labels: Sequence[Labels], cfg: Training
) -> Retriever:
    """Encoders that find, for each question, what helps it; the same to the bit for the same seed.

    Each question of a batch has one of its helpful texts and one of its useless ones; what the others of the batch
    have counts as negative, too.
    """
    retriever = Retriever(texts, questions, cfg.width, cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    optimizer = torch.optim.Adam([retriever.question_WD, retriever.text_WD], lr=cfg.learning_rate)
    for _ in range(cfg.steps if labels else 0):
        drawn = [labels[row] for row in rng.permutation(len(labels))[: cfg.batch_size]]
        helpful = [label.helpful[rng.integers(len(label.helpful))] for label in drawn]
        useless = [label.useless[rng.integers(len(label.useless))] for label in drawn]
        queries_BD = retriever.encode_questions([questions[label.question] for label in drawn])
        loss = measure_contrast(queries_BD, retriever.encode_texts(helpful), retriever.encode_texts(useless), helpful)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return retriever


def measure_contrast(
    queries_BD: Tensor, positives_BD: Tensor, negatives_BD: Tensor, names: Sequence[int] | None = None
) -> Tensor:
    """InfoNCE in nats: -ln of a query's own positive among all positives and negatives of the batch.

    `names` say which positives are one text: another's that is the query's own, too, is no negative.
    """
    logits_BN = queries_BD @ torch.cat((positives_BD, negatives_BD)).T
    own_B = torch.arange(len(queries_BD))
    if names is not None:
        named_B = torch.tensor(names)
        twins_BB = (named_B[:, None] == named_B) & (own_B[:, None] != own_B)
        hidden_BN = torch.cat((twins_BB, torch.zeros_like(twins_BB)), dim=1)
        logits_BN = logits_BN.masked_fill(hidden_BN, float("-inf"))
    return torch.nn.functional.cross_entropy(logits_BN, own_B)
