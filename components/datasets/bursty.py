"""Sequences of labelled words, some of them bursty: what makes a model learn in context, or by heart, in text form.

Source: Chan et al. 2022 (arXiv 2205.05055), where the classes are images. A sequence is words with their labels and a
last word, whose label is to be said. In a bursty one the last word has stood before, several times, and so has another
as often, so that the most frequent label alone is no answer. In the others all words are drawn from a Zipf law.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from components.base.rng import derive_seed
from components.datasets.config import LabelledWordsConfig

SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou")


@dataclass(frozen=True)
class LabelledSequence:
    """Words with their labels, and a last one."""

    shown: tuple[int, ...]
    """Classes of the words before the last one."""
    asked: int
    """Class of the last word."""
    prompt: str
    """All of it but for the last label."""
    label: str
    """Of the last word."""

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.prompt} {self.label}"


class LabelledWords:
    """Classes, each with a word and a label; what is drawn is the same for the same seed."""

    def __init__(self, cfg: LabelledWordsConfig, seed: int, *, burstiness: float = 0.0, exponent: float = 0.0) -> None:
        """A share `burstiness` of the sequences is bursty; the class of rank k has a weight of k^-exponent."""
        self.cfg, self._burstiness = cfg, burstiness
        order = Random(derive_seed(seed, "labelled words")).sample(range(cfg.classes), cfg.classes)
        self._labels = [place % cfg.labels for place in order]
        self._weights = [(rank + 1.0) ** -exponent for rank in range(cfg.classes)]
        self.label_names = [f"{label:0{len(str(cfg.labels - 1))}d}" for label in range(cfg.labels)]

    def draw(self, rng: Random) -> LabelledSequence:
        """A sequence to learn from."""
        cfg = self.cfg
        if rng.random() >= self._burstiness:
            *shown, asked = self._draw_classes(rng, cfg.pairs + 1)
            return self._write(shown, asked)
        [asked] = self._draw_classes(rng, 1)
        [other] = self._draw_classes(rng, 1, {asked})
        rest = self._draw_classes(rng, cfg.pairs - 2 * cfg.repeats, {asked, other})
        return self._write(_shuffle(rng, [asked, other] * cfg.repeats + rest), asked)

    def draw_in_context(self, rng: Random) -> LabelledSequence:
        """A question to whoever reads: two words that the data do not have, each as often, and two labels."""
        shown = _shuffle(rng, [self.cfg.classes, self.cfg.classes + 1] * (self.cfg.pairs // 2))
        first, second = rng.sample(range(self.cfg.labels), 2)
        told = {self.cfg.classes: first, self.cfg.classes + 1: second}
        return self._write(shown, rng.choice(list(told)), told)

    def draw_in_weights(self, rng: Random) -> LabelledSequence:
        """A question to whoever has learned: a word of the data, behind others of other labels."""
        asked = rng.randrange(self.cfg.classes)
        others = [one for one in range(self.cfg.classes) if self._labels[one] != self._labels[asked]]
        return self._write(rng.choices(others, k=self.cfg.pairs), asked)

    def _draw_classes(self, rng: Random, count: int, without: Iterable[int] = ()) -> list[int]:
        weights = self._weights.copy()
        for one in without:
            weights[one] = 0.0
        return rng.choices(range(self.cfg.classes), weights, k=count) if count else []

    def _write(self, shown: list[int], asked: int, told: dict[int, int] | None = None) -> LabelledSequence:
        names = {one: self.label_names[(told or self._labels)[one]] for one in {*shown, asked}}
        lines = [f"{name_class(one)}: {names[one]}" for one in shown]
        return LabelledSequence(tuple(shown), asked, "\n".join([*lines, f"{name_class(asked)}:"]), names[asked])


def _shuffle(rng: Random, classes: list[int]) -> list[int]:
    return rng.sample(classes, len(classes))


def name_class(number: int) -> str:
    """A word of two syllables or more; no two numbers have the same."""
    word = ""
    while number or len(word) < 4:
        number, place = divmod(number, len(SYLLABLES))
        word = SYLLABLES[place] + word
    return word
