"""Seeded word problems: a chain of arithmetic dressed in a story, with a worked solution."""

from dataclasses import dataclass
from random import Random

from components.base.errors import DataError
from components.tasks.config import WordProblemsConfig
from components.tasks.uses import Use, use_of
from components.tasks.word_problems import language
from components.tasks.word_problems.arithmetic import OPENING_OPERATORS, Step, draw_chain
from components.tasks.word_problems.language import Subject
from components.tasks.word_problems.scene import Scene
from components.tasks.word_problems.scenes import SCENES

OPENING_SHARE = 0.45
"""How often a story's first sentence already holds its first step."""
SHIFT_SHARE = 0.15
"""How often an event passes the story on to another person, where the scene allows it."""
LONGEST_SEARCH = 500

_SCENE_WEIGHTS = [scene.weight for scene in SCENES]


@dataclass(frozen=True)
class Problem:
    """A question, one worked sentence per step, and the number that answers it."""

    question: str
    steps: tuple[str, ...]
    answer: int


def draw_problem(cfg: WordProblemsConfig, use: Use, seed: int) -> Problem:
    """The one problem of a seed; two seeds may give the same problem.

    Arithmetic and kind of story are drawn first and words are redrawn until the question falls to the use,
    so that every use has the same mixture of difficulties. Raises DataError when it never does.
    """
    rng = Random(seed)
    lengths = range(cfg.min_steps, cfg.max_steps + 1)
    steps = rng.choices(lengths, cfg.step_weights[cfg.min_steps - 1 : cfg.max_steps])[0]
    chain = draw_chain(rng, steps, cfg.largest_number)
    scene = rng.choices(SCENES, _SCENE_WEIGHTS)[0]
    for _ in range(LONGEST_SEARCH):
        told, words = _tell(rng, scene, chain)
        for asked in rng.sample(scene.questions, len(scene.questions)):
            question = f"{told} {asked.format_map(words)}"
            if use_of(question) == use:
                return Problem(question, tuple(f"{step.equation}." for step in chain), chain[-1].result)
    raise DataError(f"word problems: no question of {steps} steps falls to the use {use!r}")


def _tell(rng: Random, scene: Scene, chain: tuple[Step, ...]) -> tuple[str, dict[str, str]]:
    """A chain as a story, and the words for the question that closes it.

    Every sentence names its numbers in the order in which they are used.
    """
    subject, *others = _draw_people(rng, scene)
    words = _name(subject) | _draw_words(rng, scene, others)
    told: list[str] = []
    rest = list(chain)
    if chain[0].operator in OPENING_OPERATORS and rng.random() < OPENING_SHARE:
        step = rest.pop(0)
        told.append(_fill(rng, scene.openings[step.operator], words, step))
    else:
        told.append(_fill(rng, scene.starts, words, chain[0]))
    shifts = scene.shifts
    for step in rest:
        if step.operator in shifts and rng.random() < SHIFT_SHARE:
            told.append(_fill(rng, shifts[step.operator], words, step))
            words |= _name(others[2])
            shifts = {}
        else:
            told.append(_fill(rng, scene.events[step.operator], words, step))
    return " ".join(told), words


def _draw_people(rng: Random, scene: Scene) -> list[Subject]:
    """A subject and three other people, all different."""
    subject = rng.choice(scene.subjects)
    others = [person for person in rng.sample(language.PEOPLE, 4) if person is not subject]
    return [subject, *others[:3]]


def _draw_words(rng: Random, scene: Scene, others: list[Subject]) -> dict[str, str]:
    """One choice for every other placeholder of a story, so that its sentences agree with one another."""
    first, second, third = others
    container, containers = rng.choice(language.CONTAINERS)
    first_kind, second_kind = rng.choice(language.COLOURS)
    return {
        "i": rng.choice(scene.items),
        **{"F": first.at_start, "f": first.name, "G": second.at_start, "g": second.name, "H": third.at_start},
        **{"c": container, "cs": containers, "u": first_kind, "v": second_kind},
        **{"w": rng.choice(language.PLACES), "d": rng.choice(language.DAYS), "r": rng.choice(language.RELATIVES)},
    }


def _name(subject: Subject) -> dict[str, str]:
    return {
        **{"N": subject.at_start, "n": subject.name, "S": subject.subject.capitalize(), "s": subject.subject},
        **{"o": subject.object, "p": subject.possessive, "P": subject.possessive.capitalize()},
    }


def _fill(rng: Random, frames: tuple[str, ...], words: dict[str, str], step: Step) -> str:
    return rng.choice(frames).format(**words, a=step.left, b=step.right)
