"""Sentence frames: how each kind of story begins, goes on and is asked about.

In a frame {N}/{n} is the subject (at the start / inside of a sentence), {S}/{s}/{o}/{p} its pronouns
(She, she, her, her), {i} the items, {F}/{f} and {G}/{g} two other people, {H} a third, {a} and {b} the
numbers in the order in which the story tells them. {c}/{cs} is a container, {w} a place,
{d} a day, {r} a relative, {u} and {v} two opposite colours or sizes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components.tasks.word_problems.language import Noun, Subject

Frames = tuple[str, ...]
Operator = str
"""One of + - * /."""


@dataclass(frozen=True)
class Scene:
    """One kind of story."""

    weight: float
    subjects: tuple[Subject, ...]
    items: tuple[Noun, ...]
    starts: Frames
    events: Mapping[Operator, Frames]
    questions: Frames
    openings: Mapping[Operator, Frames] = field(default_factory=dict)
    """Beginnings that already hold a first step on {a} and {b}."""
    shifts: Mapping[Operator, Frames] = field(default_factory=dict)
    """Events after which the story is about {H}."""
