"""How arithmetic becomes text: the sentences of a story, and the words that make them agree with one another."""

import re
from collections.abc import Mapping
from random import Random

from components.tasks.word_problems import language
from components.tasks.word_problems.arithmetic import OPENING_OPERATORS, Step
from components.tasks.word_problems.language import Noun, Subject
from components.tasks.word_problems.plots import Plot
from components.tasks.word_problems.scene import Frames, Scene

OPENING_SHARE = 0.45
"""How often a story's first sentence already holds its first step."""
SHIFT_SHARE = 0.15
"""How often an event passes the story on to another person, where the scene allows it."""
SPELLED_SHARE = 0.05
"""How often a plot's number of at most twelve is written as a word."""

Words = dict[str, str]
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])")


def tell_scene(rng: Random, scene: Scene, chain: tuple[Step, ...]) -> tuple[str, list[str]]:
    """A chain as a story, and all questions that may close it.

    Every sentence names its numbers in the order in which they are used.
    """
    subject, *others = _draw_people(rng, scene.subjects)
    words = _name(subject) | _draw_words(rng, scene.items, others)
    told: list[str] = []
    rest = list(chain)
    if chain[0].operator in OPENING_OPERATORS and rng.random() < OPENING_SHARE:
        step = rest.pop(0)
        told.append(_fill_step(rng, scene.openings[step.operator], words, step))
    else:
        told.append(_fill_step(rng, scene.starts, words, chain[0]))
    shifts = scene.shifts
    for step in rest:
        if step.operator in shifts and rng.random() < SHIFT_SHARE:
            told.append(_fill_step(rng, shifts[step.operator], words, step))
            words |= _name(others[2])
            shifts = {}
        else:
            told.append(_fill_step(rng, scene.events[step.operator], words, step))
    return " ".join(told), [_fill(asked, words) for asked in scene.questions]


def tell_plot(rng: Random, plot: Plot, numbers: Mapping[str, int]) -> tuple[str, list[str]]:
    """A plot's beginning, and all questions that may close it."""
    subject, *others = _draw_people(rng, language.PEOPLE)
    words = _name(subject) | _draw_words(rng, plot.items, others)
    words |= {_LETTERS[name]: _write_number(rng, value) for name, value in numbers.items()}
    return _fill(rng.choice(plot.told), words), [_fill(asked, words) for asked in plot.asked]


_LETTERS = {"a": "a", "b": "b", "c": "c1", "d": "d1"}
"""A number's name in a frame, where c and d are a container and a day."""


def _write_number(rng: Random, value: int) -> str:
    spelled = value - 2 < len(_NUMBERS) and rng.random() < SPELLED_SHARE
    return _NUMBERS[value - 2] if spelled else str(value)


def _draw_people(rng: Random, subjects: tuple[Subject, ...]) -> list[Subject]:
    """A subject and three other people, all different."""
    subject = rng.choice(subjects)
    others = [person for person in rng.sample(language.PEOPLE, 4) if person is not subject]
    return [subject, *others[:3]]


def _draw_words(rng: Random, items: tuple[Noun, ...], others: list[Subject]) -> Words:
    """One choice for every other placeholder of a story, so that its sentences agree with one another."""
    first, second, third = others
    item, other = rng.choice(items), rng.choice(items)
    container, day = rng.choice(language.CONTAINERS), rng.sample(language.DAYS, 2)
    first_kind, second_kind = rng.choice(language.COLOURS)
    gain = rng.choice(language.GAINS)
    gathering = rng.choice(language.GATHERINGS)
    return {
        **{"i": item.many, "j": item.one, "k": other.many, "l": other.one},
        **{"F": first.at_start, "f": first.name, "G": second.at_start, "g": second.name, "H": third.at_start},
        **{"c": container.one, "cs": container.many, "u": first_kind, "v": second_kind},
        **{"w": rng.choice(language.PLACES), "place": gathering.name, "Place": gathering.at_start},
        **{"d": day[0], "e": day[1], "r": rng.choice(language.RELATIVES)},
        **{"gain": gain.base, "gained": gain.past, "lost": rng.choice(language.LOSSES)},
        **{"moved": rng.choice(language.MOVES), "spoiled": rng.choice(language.SPOILED)},
        **{"departed": rng.choice(language.DEPARTED), "animal": rng.choice(language.ANIMALS).one},
        **{"people": rng.choice(language.CROWD).many},
    }


def _name(subject: Subject) -> Words:
    return {
        **{"N": subject.at_start, "n": subject.name, "S": subject.subject.capitalize(), "s": subject.subject},
        **{"o": subject.object, "p": subject.possessive, "P": subject.possessive.capitalize()},
    }


def _fill_step(rng: Random, frames: Frames, words: Words, step: Step) -> str:
    return _fill(rng.choice(frames), words | {"a": str(step.left), "b": str(step.right)})


def _fill(frame: str, words: Words) -> str:
    return _BEFORE_VOWEL.sub(r"\1n ", frame.format_map(words))
