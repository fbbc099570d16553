"""How many near-duplicates the corpus could find, by how alike a pair is."""

from components.metrics.data import CorpusMetrics, NearDuplicateSearch
from components.plots.lines import Frame, Line, draw_lines
from components.report.formatting import DASH, format_percent
from components.report.panels import Panel

CAPTION = (
    "Share of pairs that are proposed, by their Jaccard index s: 1 − (1 − s^{rows})^{bands}. Each proposed pair is "
    "then compared on its own shingles, and goes only above the threshold."
)
STEPS = 100


def draw_duplicates(corpus: CorpusMetrics) -> list[Panel]:
    """A curve for every way in which the run's sources were searched; none where none was."""
    cuts: dict[tuple[float, int, int], list[str]] = {}
    for source, search in corpus.near_duplicates.items():
        if search.curve:
            cuts.setdefault((search.threshold, search.bands, search.rows), []).append(source)
    return [_draw(corpus.near_duplicates[sources[0]], sources) for sources in cuts.values()]


def _draw(search: NearDuplicateSearch, sources: list[str]) -> Panel:
    measured = [(row.jaccard, row.measured) for row in search.curve]
    likenesses = [step / STEPS for step in range(STEPS + 1)]
    formula = [(s, 1 - (1 - s**search.rows) ** search.bands) for s in likenesses]
    title = f"Near-duplicates found: {', '.join(source.replace('_', ' ') for source in sources)}"
    first = min(measured)[0]
    lines = [
        Line("formula", [point for point in formula if point[0] >= first]),
        Line("threshold", [(search.threshold, 0.0), (search.threshold, 1.0)], "dashed"),
        *(Line("planted pairs", [point], "second") for point in measured),
    ]
    keys = (
        ("accent", "formula"),
        ("second", f"planted pairs, {search.curve[0].pairs} a dot"),
        ("dashed", f"threshold {search.threshold:g}"),
    )
    above = [value for likeness, value in measured if likeness >= search.threshold]
    return Panel(
        title,
        format_percent(above[0]) if above else DASH,
        CAPTION.format(rows=search.rows, bands=search.bands),
        draw_lines(lines, title, Frame(x_label="Jaccard", x_bounds=(first, 1.0), y_bounds=(0.0, 1.0), percent=True)),
        keys,
    )
