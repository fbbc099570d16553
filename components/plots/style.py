"""What all charts have in common: their tones, their type, and the way to SVG."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from components.base.files import write_text

Tone = Literal["accent", "second", "third", "quiet", "dashed"]
TONES: dict[str, str] = {
    "accent": "#0d7a66",
    "second": "#2f2d2a",
    "miss": "#b23b24",
    "soft": "#76726a",
    "rule": "#e4e0d8",
    "ink": "#1d1c1a",
    "paper": "#fbfaf7",
}
"""Colours by the name of the page's own variable, which takes their place where the page has one."""
POINTS_PER_INCH = 72.0
RC = {
    "svg.hashsalt": "ontogeny",  # the same figures give the same bytes
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11.5,
    "text.color": TONES["ink"],
    "axes.labelcolor": TONES["soft"],
    "axes.edgecolor": TONES["rule"],
    "xtick.color": TONES["soft"],
    "ytick.color": TONES["soft"],
    "axes.unicode_minus": True,
    "path.simplify": True,
}
_FONT = re.compile(r"font-family: [^;\"]*;? ?")
_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", flags=re.DOTALL)
_HEAD = re.compile(r"<svg .*?>", flags=re.DOTALL)
_NAMES = re.compile(r' id="[A-Za-z][\w.]*_\d+"')
"""Numbered names of groups, which every chart has; those of clips are hashes of what they clip."""


@contextmanager
def draw(width: int, height: int) -> Iterator[tuple[Figure, Any]]:
    """A figure of so many pixels, with one pair of bare axes."""
    with mpl.rc_context(RC):
        figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), layout="constrained")
        figure.patch.set_alpha(0.0)
        axes = figure.subplots()
        axes.patch.set_alpha(0.0)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        yield figure, axes


def save(figure: Figure, path: Path) -> None:
    """The figure as a file of its own, with colours of its own."""
    write_text(path, _to_svg(figure))


def render(figure: Figure, title: str) -> Markup:
    """The figure as an element of a page: a role, a name, and the page's own colours and type."""
    text = _to_svg(figure)
    text = _METADATA.sub("", text[text.index("<svg ") :]).replace("xlink:href", "href")
    width, height = (length * POINTS_PER_INCH for length in figure.get_size_inches())
    head = f'<svg class="plot" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">'
    text = _HEAD.sub(lambda _: head, text, count=1)
    text = _NAMES.sub("", _FONT.sub("", text))
    for name, colour in TONES.items():
        text = text.replace(colour, f"var(--{name}, {colour})")
    return Markup(text.strip())


def _to_svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with mpl.rc_context(RC):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
