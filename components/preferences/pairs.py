"""Preference pairs: what a prompt's right and wrong answers make, and which prompts are held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from components.base.errors import DataError
from components.datasets.preferences import Pair, PreferenceSet
from components.datasets.splits import hold_out
from components.metrics.data import PreferencesMetrics
from components.metrics.figures import merge


@dataclass(frozen=True)
class Sample:
    """One answer to a prompt, as token ids with the end token if it came to its end, and as text."""

    ids: list[int]
    text: str
    correct: bool
    finished: bool
    """Whether it came to its end."""

    @property
    def is_preferred(self) -> bool:
        """A right answer that never ends is none that anybody wants to wait for."""
        return self.correct and self.finished


def pair_samples(prompt: str, prompt_ids: list[int], samples: Sequence[Sample], most: int, rng: Random) -> list[Pair]:
    """Preferred answers against others, each text once, at most `most` combinations drawn at random.

    A text that was labelled both ways (finished once, cut off once) is compared with others, never with itself.
    """
    preferred = list({s.text: s for s in samples if s.is_preferred}.values())
    others = list({s.text: s for s in samples if not s.is_preferred}.values())
    combinations = [(p, o) for p, o in product(preferred, others) if p.text != o.text]
    rng.shuffle(combinations)
    return [
        Pair(prompt, p.text, o.text, len(prompt_ids), prompt_ids + p.ids, prompt_ids + o.ids)
        for p, o in combinations[:most]
    ]


def split_pairs(
    pairs: Sequence[Pair], heldout_fraction: float, max_tokens: int, origin: str, facts: PreferencesMetrics
) -> PreferenceSet:
    """Hold out whole prompts by a hash of their text. Raises DataError when a side has no pair."""
    fitting = [p for p in pairs if max(len(p.chosen_ids), len(p.rejected_ids)) <= max_tokens]
    held = hold_out([p.prompt for p in fitting], heldout_fraction)
    train = [p for p, out in zip(fitting, held, strict=True) if not out]
    heldout = [p for p, out in zip(fitting, held, strict=True) if out]
    if not train or not heldout:
        raise DataError(
            f"{origin}: {len(train)} preference pairs to train on and {len(heldout)} held out "
            f"({len(pairs) - len(fitting)} were over {max_tokens} tokens): it takes two prompts that differ"
        )
    counts = PreferencesMetrics(
        train_pairs=len(train), heldout_pairs=len(heldout), dropped_pairs=len(pairs) - len(fitting)
    )
    return PreferenceSet(train, heldout, merge(counts, facts).to_json())
