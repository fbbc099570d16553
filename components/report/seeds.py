"""The targets under several seeds: how often each is met, and how far its figure spreads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from components.metrics.seeds import SeedsFigures, Spread, read_seeds
from components.plots.strips import draw_strip
from components.report.config import TargetConfig
from components.report.formatting import DASH, format_number, format_percent
from components.report.targets import choose_words, format_bound, name_figure

OWN_BOUND = "its own bound"
"""How a bound is called that is a figure of the same run, and so another one under each seed."""


@dataclass(frozen=True)
class SeedLine:
    """One figure, in words, and each seed's value as a dot."""

    name: str
    figure: str
    wanted: str
    mean: str
    extremes: str
    met: str
    missed: bool
    strip: Markup


@dataclass(frozen=True)
class SeedsPage:
    """What the page shows of several seeds."""

    intro: str
    targets: list[SeedLine]
    others: list[SeedLine]
    seeds: list[tuple[int, str, str]]


def read_page(path: str | None, targets: Sequence[TargetConfig]) -> SeedsPage | None:
    """The page's part; None when no file is named, or none has been written yet."""
    if path is None or not Path(path).is_file():
        return None
    return describe_seeds(read_seeds(Path(path)), targets)


def describe_seeds(figures: SeedsFigures, targets: Sequence[TargetConfig]) -> SeedsPage:
    """A line for each target, and one for each figure that no target asks for."""
    asked = {name_figure(target) for target in targets}
    whole = sum(row.targets_met == row.targets_total for row in figures.seeds)
    return SeedsPage(
        intro=f"The whole graph under {len(figures.seeds)} seeds: all targets are met under {whole} of them.",
        targets=[_describe_target(target, figures) for target in targets],
        others=[_describe_other(name, figures) for name in figures.summary if name not in asked],
        seeds=[(row.seed, f"{row.targets_met} of {row.targets_total}", _explain(row.missed, row.error))
               for row in figures.seeds],
    )  # fmt: skip


def _describe_target(target: TargetConfig, figures: SeedsFigures) -> SeedLine:
    # A truth is told as the share of seeds under which it holds.
    figure, say = name_figure(target), format_percent if target.unit == "truth" else choose_words(target)
    met = sum(target.claim not in row.missed for row in figures.seeds)
    bound = target.value if isinstance(target.value, float) else None
    wanted = format_bound(target, say(bound) if bound is not None else OWN_BOUND)
    judged = [(row.figures[figure], target.claim in row.missed) for row in figures.seeds if figure in row.figures]
    return _describe(
        target.claim, figure, figures.summary.get(figure), say,
        wanted=wanted, met=f"{met} of {len(figures.seeds)}", missed=met < len(figures.seeds),
        strip=_draw(target.claim, judged, bound),
    )  # fmt: skip


def _describe_other(figure: str, figures: SeedsFigures) -> SeedLine:
    values = [(row.figures[figure], False) for row in figures.seeds if figure in row.figures]
    words = figure.replace("_", " ").replace(".", " · ")
    return _describe(
        words, figure, figures.summary[figure], format_number,
        wanted=DASH, met=DASH, missed=False, strip=_draw(words, values, None),
    )  # fmt: skip


def _describe(
    name: str,
    figure: str,
    spread: Spread | None,
    say: Callable[[float | None], str],
    *,
    wanted: str,
    met: str,
    missed: bool,
    strip: Markup,
) -> SeedLine:
    mean = say(None if spread is None else spread.mean)
    if spread is not None and spread.sd is not None:
        mean = f"{mean} ± {say(spread.sd).lstrip('+')}"
    extremes = DASH if spread is None else f"{say(spread.min)} – {say(spread.max)}"
    return SeedLine(name, figure, wanted, mean, extremes, met, missed, strip)


def _draw(title: str, judged: Sequence[tuple[float, bool]], bound: float | None) -> Markup:
    if not judged:
        return Markup(DASH)
    values, missed = zip(*judged, strict=True)
    return draw_strip(values, bound, f"{title}: by seed", missed=missed)


def _explain(missed: Sequence[str], error: str | None) -> str:
    return error if error is not None else "; ".join(missed) or DASH
