"""A few values of one figure beside the bound that they are held to, in the height of a table's row."""

from collections.abc import Sequence

from markupsafe import Markup

from components.plots.style import TONES, draw, render

WIDTH, HEIGHT = 200, 26
MARGIN = 0.12


def draw_strip(values: Sequence[float], bound: float | None, title: str, *, missed: Sequence[bool]) -> Markup:
    """A dot for each value, in the colour of a miss where it is one, and a dashed line at the bound."""
    with draw(WIDTH, HEIGHT) as (figure, axes):
        ends = [*values, *([] if bound is None else [bound])]
        room = MARGIN * (max(ends) - min(ends)) or 1.0
        axes.set_xlim(min(ends) - room, max(ends) + room)
        axes.set_ylim(-1.0, 1.0)
        axes.axhline(0.0, color=TONES["rule"], linewidth=1.0)
        if bound is not None:
            axes.axvline(bound, color=TONES["soft"], linewidth=1.4, linestyle=(0, (3, 2)))
        colours = [TONES["miss" if miss else "accent"] for miss in missed]
        axes.scatter(values, [0.0] * len(values), s=42, c=colours, edgecolors=TONES["paper"], zorder=3, clip_on=False)
        axes.set_xticks([])
        axes.set_yticks([])
        return render(figure, title)
