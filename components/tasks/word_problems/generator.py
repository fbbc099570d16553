"""Seeded word problems: arithmetic dressed in a story, with a worked solution."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from components.base.errors import DataError
from components.tasks.config import WordProblemsConfig
from components.tasks.uses import Use, use_of
from components.tasks.word_problems.arithmetic import SMALLEST, Step, draw_chain
from components.tasks.word_problems.plots import Plot, draw_steps
from components.tasks.word_problems.plots_told import PLOTS
from components.tasks.word_problems.plots_told.bare import BARE
from components.tasks.word_problems.scenes import SCENES
from components.tasks.word_problems.telling import tell_plot, tell_scene

PLOT_SHARE = 0.6
"""How often a problem is a short plot and no chain of events, where there are plots of its length."""
COPY_SHARE = 0.4
"""How often a drill is a list of numbers, the list again, and the list in another order."""
DRILL_NUMBERS = 8
CHAIN_SHARE = 1 / 3
"""How often a drill goes on with two sums of which the second takes the result of the first."""
DRILL_STEPS = 8
"""Sums of one drill."""
LONGEST_SEARCH = 500

_PLOTS = {n: [plot for plot in PLOTS if len(plot.steps) == n] for n in range(1, 5)}
_SCENE_WEIGHTS = [scene.weight for scene in SCENES]
Tell = Callable[[], tuple[str, list[str], tuple[Step, ...]]]
"""Tells one kind of problem in other words each time: the story, the questions that may close it, and its steps."""


@dataclass(frozen=True)
class Problem:
    """A question, one worked sentence per step, and the number that answers it."""

    question: str
    steps: tuple[str, ...]
    answer: int


def draw_problem(cfg: WordProblemsConfig, use: Use, seed: int) -> Problem:
    """The one problem of a seed; two seeds may give the same problem.

    The number of steps and the kind of story are drawn first, and words (and a plot's numbers, for a sum without a
    story has no others) are redrawn until the question falls to the use, so that every use has the same mixture of
    difficulties. Raises DataError when it never does.
    """
    rng = Random(seed)
    lengths = range(cfg.min_steps, cfg.max_steps + 1)
    count = rng.choices(lengths, cfg.step_weights[cfg.min_steps - 1 : cfg.max_steps])[0]
    tell = _plan(rng, count, cfg.largest_number)
    for _ in range(LONGEST_SEARCH):
        told, asked, steps = tell()
        for last in rng.sample(asked, len(asked)):
            question = f"{told} {last}".strip()
            if use_of(question) == use:
                return Problem(question, tuple(f"{step.equation}." for step in steps), steps[-1].result)
    raise DataError(f"word problems: no question of {count} steps falls to the use {use!r}")


def draw_drill(cfg: WordProblemsConfig, seed: int) -> str:
    """Numbers said twice, or solved sums without a story: to copy and to reckon is learned where all else is absent.

    Models learn to copy rather suddenly (Olsson et al. 2022, "In-context Learning and Induction Heads"), and sooner
    from text that repeats itself.
    """
    rng = Random(seed)
    if rng.random() < COPY_SHARE:
        numbers = [str(rng.randint(SMALLEST, cfg.largest_number)) for _ in range(DRILL_NUMBERS)]
        return " ".join(f"{', '.join(said)}." for said in (numbers, numbers, rng.sample(numbers, len(numbers))))
    steps: list[Step] = []
    while len(steps) < DRILL_STEPS:
        if rng.random() < CHAIN_SHARE:
            steps += draw_chain(rng, 2, cfg.largest_number)
        else:
            steps += draw_steps(rng, rng.choice(BARE), cfg.largest_number)[0]
    return " ".join(f"{step.equation}." for step in steps)


def _plan(rng: Random, count: int, largest: int) -> Tell:
    plots = _PLOTS[count]
    if plots and rng.random() < PLOT_SHARE:
        plot = rng.choices(plots, [plot.weight for plot in plots])[0]
        return lambda: _tell_plot(rng, plot, largest)
    chain, scene = draw_chain(rng, count, largest), rng.choices(SCENES, _SCENE_WEIGHTS)[0]
    return lambda: (*tell_scene(rng, scene, chain), chain)


def _tell_plot(rng: Random, plot: Plot, largest: int) -> tuple[str, list[str], tuple[Step, ...]]:
    steps, numbers = draw_steps(rng, plot, largest)
    return (*tell_plot(rng, plot, numbers), steps)
