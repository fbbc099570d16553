"""The graph as a picture: every stage a station, the model's life one line through them.

The same picture serves the report (with a figure per station) and the README (without).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from markupsafe import Markup, escape

from components.base.files import write_text

Layout = Literal["wide", "tall"]
MARGIN = 44
STYLE = Path(__file__).parent / "templates" / "graph.css"
GIVES = {
    "corpus": "clean documents",
    "tokens": "token shards",
    "pretrain": "a base model",
    "sft": "follows instructions",
    "preferences": "pairs",
    "reward": "a scorer",
    "align": "PPO, or DPO",
    "quantize": "INT8, gated",
    "serve": "an API, load-tested",
    "evaluate": "with intervals",
    "icl": "ways to ask",
    "report": "one page, a card",
    "code": "a fingerprint per stage",
}


@dataclass(frozen=True)
class Note:
    """What a station shows: a figure (may be empty) and the words under it."""

    figure: str
    caption: str


@dataclass(frozen=True)
class Station:
    """A place on paper; `kind` is main (on the line), side (off it) or rail (fed by others)."""

    name: str
    x: float
    y: float
    kind: Literal["main", "side", "rail"]
    text_x: float
    text_y: float


MAIN = ("corpus", "tokens", "pretrain", "sft", "align", "quantize", "serve")
JUDGED = ("pretrain", "sft", "align", "quantize")


def draw_graph(notes: Mapping[str, Note], layout: Layout = "wide", *, standalone: bool = False) -> Markup:
    """The SVG; a station without a note shows what its stage gives. `standalone` brings its own style."""
    stations = _place_wide() if layout == "wide" else _place_tall()
    lines = _draw_wide(stations) if layout == "wide" else _draw_tall(stations)
    words = "".join(_draw_station(s, notes.get(s.name)) for s in stations.values())
    width, height = (1120, 420) if layout == "wide" else (380, 1080)
    head = f'class="graph {layout}" viewBox="0 0 {width} {height}"'
    ground = ""
    if standalone:
        # A ground of its own: a reader's page may be dark where the system is light.
        box = f'x="{-MARGIN}" y="{-MARGIN}" width="{width + 2 * MARGIN}" height="{height + 2 * MARGIN}"'
        ground = f'<style>{STYLE.read_text(encoding="utf-8")}</style><rect class="graph-ground" rx="20" {box}/>'
        head = f'class="graph plain" viewBox="{-MARGIN} {-MARGIN} {width + 2 * MARGIN} {height + 2 * MARGIN}"'
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" {head} role="img" '
        f'aria-label="The graph from raw text to a served model">{ground}{lines}{words}</svg>'
    )


def write_graph(path: Path) -> None:
    """The picture for the README, light and dark, without figures."""
    write_text(path, str(draw_graph({}, standalone=True)) + "\n")


def _place_wide() -> dict[str, Station]:
    stations = [Station(name, 12 + 164 * index, 216, "main", 2 + 164 * index, 251) for index, name in enumerate(MAIN)]
    stations += [
        Station("preferences", 554, 138, "side", 464, 76),
        Station("reward", 622, 138, "side", 614, 76),
        Station("evaluate", 996, 34, "rail", 986, 66),
        Station("icl", 868, 34, "rail", 858, 66),
        Station("code", 12, 362, "rail", 2, 392),
        Station("report", 996, 362, "rail", 986, 392),
    ]
    return {station.name: station for station in stations}


def _draw_wide(at: Mapping[str, Station]) -> str:
    y, top = at["corpus"].y, at["evaluate"].y
    full = f"M{at['corpus'].x} {y}H{at['quantize'].x}"
    thin = f"M{at['quantize'].x} {y}H{at['serve'].x}"
    p, r = at["preferences"], at["reward"]
    loop = f"M{at['sft'].x} {y}C{p.x - 10} {y} {p.x - 38} {p.y} {p.x} {p.y}"
    loop += f"H{r.x}C{r.x + 38} {r.y} {r.x + 10} {y} {at['align'].x} {y}"
    first = at[JUDGED[0]].x
    rails = f"M{first} {y - 16}V{top + 14}Q{first} {top} {first + 14} {top}H{at['evaluate'].x - 10}"
    rails += "".join(f"M{at[name].x} {y - 16}V{top + 4}" for name in JUDGED[1:])
    low = at["code"].y
    manifest = f"M{at['code'].x + 10} {low}H{at['report'].x - 10}"
    return _draw_paths(full, thin, loop, rails, manifest)


def _place_tall() -> dict[str, Station]:
    order = (*MAIN[:4], "preferences", "reward", *MAIN[4:], "evaluate", "icl", "report")
    stations = []
    for index, name in enumerate(order):
        x = {"preferences": 112.0, "reward": 112.0, "evaluate": 28.0, "icl": 28.0, "report": 28.0}.get(name, 64.0)
        kind: Literal["main", "side", "rail"] = "main" if name in MAIN else "side" if x == 112.0 else "rail"
        y = 36.0 + 90 * index
        stations.append(Station(name, x, y, kind, 140 if kind == "side" else 92, y - 8))
    return {station.name: station for station in stations}


def _draw_tall(at: Mapping[str, Station]) -> str:
    x = at["corpus"].x
    full = f"M{x} {at['corpus'].y}V{at['quantize'].y}"
    thin = f"M{x} {at['quantize'].y}V{at['serve'].y}"
    p, r, a, b = at["preferences"], at["reward"], at["sft"].y, at["align"].y
    loop = f"M{x} {a}C{x} {p.y - 40} {p.x} {p.y - 50} {p.x} {p.y}V{r.y}C{r.x} {r.y + 50} {x} {r.y + 40} {x} {b}"
    side = at["evaluate"].x
    rails = "".join(f"M{x - 14} {at[n].y}H{side + 10}Q{side} {at[n].y} {side} {at[n].y + 10}" for n in JUDGED)
    rails += f"M{side} {at[JUDGED[0]].y + 10}V{at['evaluate'].y - 10}"
    manifest = f"M{side} {at['evaluate'].y + 10}V{at['report'].y - 10}"
    return _draw_paths(full, thin, loop, rails, manifest)


def _draw_paths(full: str, thin: str, loop: str, rails: str, manifest: str) -> str:
    """The main line thins where the weights go to eight bits."""
    kinds = (("manifest", manifest), ("rails", rails), ("loop", loop), ("thin", thin), ("full", full))
    return "".join(f'<path class="graph-{kind}" d="{d}"/>' for kind, d in kinds)


def _draw_station(station: Station, note: Note | None) -> str:
    radius = {"main": 9, "side": 7, "rail": 6}[station.kind]
    note = note or Note("", GIVES[station.name])
    rows = [("name", station.name), ("figure", note.figure), ("caption", note.caption)]
    y = station.text_y + (22 if station.kind == "side" and not note.figure else 0)
    parts = [f'<circle class="graph-dot {station.kind}" cx="{station.x}" cy="{station.y}" r="{radius}"/>']
    for kind, text in rows:
        if text:
            place = f'x="{station.text_x}" y="{y}"'
            parts.append(f'<text class="graph-{kind}" {place}>{escape(text)}</text>')
            y += 26 if kind == "name" and note.figure else 22
    return "".join(parts)
