"""A question as a method is given it, and what a method gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from components.base.rng import derive_seed
from components.generation.sampling import SamplingParams
from components.prompting.asking import Reply, Say
from components.prompting.format.config import Calibration
from components.prompting.method.config import Sampling
from components.tasks.prompt import Prompt, Prompter
from components.tasks.score import read_answer
from components.tasks.task import Exemplar, Item


@dataclass(frozen=True)
class Limits:
    """Tokens that may be said, at most."""

    answer: int
    cot: int


@dataclass(frozen=True)
class Answered:
    """The answer, and how it was come by."""

    answer: str | None
    prompt: Prompt | None
    """The first; None where the question alone is longer than the model's context, and then nothing was asked."""
    texts: tuple[str, ...] = ()
    """All that was said, in order."""
    answers: tuple[str | None, ...] = ()
    """Of sampled chains, what was read from each."""


@dataclass(frozen=True)
class Question:
    """An item, what it is shown with, and how one writes to the model."""

    item: Item
    demonstrations: tuple[tuple[Exemplar, ...], ...]
    """As many choices of them as the method wants; most want one."""
    prompter: Prompter
    limits: Limits
    seed: int
    calibration: Calibration = "none"

    def write(self, *, cot: bool, choice: int = 0, question: str | None = None) -> Prompt | None:
        """The prompt with one of the choices of demonstrations; `question` takes the place of the item's own."""
        asked = self.item.question if question is None else question
        item = replace(self.item, question=asked, exemplars=self.demonstrations[choice])
        return self.prompter.write(item, cot=cot, shown=True)

    def without_demonstrations(self) -> "Question":
        """The same, shown with nothing."""
        return replace(self, demonstrations=((),))

    def read(self, text: str, cue: str = "") -> str | None:
        """The answer that a text gives."""
        return read_answer(cue + text, self.item.judge)

    def sample(self, prompt: Prompt, cfg: Sampling, *names: int) -> list[Say]:
        """Chains of one prompt, each with a seed of its own; `names` tell this use from others."""
        seeds = [derive_seed(self.seed, "chain", *names, place) for place in range(cfg.samples)]
        limit = self.limits.cot
        return [Say(prompt.ids, SamplingParams(limit, cfg.temperature, cfg.top_p, seed=seed)) for seed in seeds]


def list_texts(replies: Sequence[Reply]) -> tuple[str, ...]:
    """What was said."""
    return tuple(reply.text for reply in replies)
