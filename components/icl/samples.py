"""What is kept of each item of each cell."""

from dataclasses import dataclass, field

from components.icl.grid import Cell


@dataclass(frozen=True)
class Sample:
    """One item, asked of one model in one cell, and how it went."""

    model: str
    task: str
    id: str
    cell: Cell
    shown: int
    """Demonstrations that the prompt had room for."""
    demonstrations: tuple[str, ...]
    """Questions of those that were chosen, in the order in which they are shown."""
    overlaps: bool
    """Whether one of them shares a long run of words with the item."""
    prompt: str | None
    """None when the question alone is longer than the model's context; it then counts as wrong."""
    completions: tuple[str, ...]
    answers: tuple[str | None, ...]
    """Of sampled chains, what was read from each."""
    extracted: str | None
    gold: str
    right: tuple[bool, ...]
    """Of those answers, which are the gold one."""
    correct: bool


@dataclass
class Costs:
    """What a cell took of one model on one task."""

    prompt_tokens: int = 0
    """Of all prompts that it asks."""
    computed_tokens: int = 0
    """Read or written for it: what an earlier cell has asked already is not, and of equal prompts one is read."""
    generated_tokens: int = 0
    """Of all that is said to it."""
    seconds: float = 0.0
    """Its share of the time that batches took, by tokens."""


@dataclass
class GridRun:
    """All that was asked, and what it took."""

    samples: list[Sample] = field(default_factory=list)
    costs: dict[tuple[str, str, Cell], Costs] = field(default_factory=dict)
    """By model, task and cell."""
