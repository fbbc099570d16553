"""The cells of a grid, from what its config says of them; and what is wrong with that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import factorial

from components.icl.config import AxesConfig, CellConfig, GridConfig
from components.prompting.format.config import HarnessFormat
from components.prompting.method.config import ProgramMethod
from components.prompting.order.config import MOST_SHOTS, EntropyOrder, LengthOrder
from components.prompting.selection.learned_config import AutoCotSelection, BootstrappedSelection
from components.tasks.config import HarnessTaskConfig, TaskConfig

AXES = tuple(CellConfig.model_fields)
LISTS = {"selection": "selections", "order": "orders", "format": "formats", "method": "methods", "tool": "tools"}
"""By axis, the list whose names its values are."""


@dataclass(frozen=True)
class Cell:
    """One way to ask, by the names of its parts."""

    selection: str
    order: str
    format: str
    method: str
    tool: str
    shots: int
    draw: int


def list_cells(cfg: GridConfig) -> list[Cell]:
    """The baseline, the cells that differ from it in one axis, then the crossings; none twice."""
    base = cfg.baseline.model_dump()
    cells = [Cell(**base)]
    cells += [Cell(**{**base, axis: value}) for axis in AXES for value in getattr(cfg.vary, axis)]
    for axes in cfg.cross:
        values = [getattr(axes, axis) or [base[axis]] for axis in AXES]
        cells += [Cell(**dict(zip(AXES, chosen, strict=True))) for chosen in product(*values)]
    return list(dict.fromkeys(cells))


def find_mistakes(cfg: GridConfig) -> Iterator[str]:
    """A clause for each name that its list does not have, and for each cell with more orders than can be tried."""
    yield from _find_strangers(cfg, "baseline", cfg.baseline)
    yield from _find_strangers(cfg, "vary", cfg.vary)
    for place, axes in enumerate(cfg.cross):
        yield from _find_strangers(cfg, f"cross.{place}", axes)
    for name, shots in sorted({(cell.order, cell.shots) for cell in list_cells(cfg)}):
        order = cfg.orders.get(name)
        if isinstance(order, EntropyOrder | LengthOrder) and order.max_orders is None and shots > MOST_SHOTS:
            yield f"icl.orders.{name}: {shots} shots have {factorial(shots):,} orders; give max_orders"
    yield from _find_unwanted_programs(cfg)


def find_alien_words(cfg: GridConfig, tasks: Mapping[str, TaskConfig]) -> Iterator[str]:
    """A clause for each task that is asked in the words of an lm-eval page, and is none."""
    formats = {cell.format for cell in list_cells(cfg)}
    for name in cfg.formats:
        if name not in formats or not isinstance(cfg.formats[name], HarnessFormat):
            continue
        for task in cfg.tasks or tasks:
            if not isinstance(tasks.get(task), HarnessTaskConfig | None):
                yield f"icl.formats.{name}: the task {task!r} is no page of lm-eval, whose words it takes"


def _find_unwanted_programs(cfg: GridConfig) -> Iterator[str]:
    """Cells whose answers are programs, where none may be run, or where no solution that is shown could be one."""
    cells = [cell for cell in list_cells(cfg) if isinstance(cfg.methods.get(cell.method), ProgramMethod)]
    for name in dict.fromkeys(cell.method for cell in cells):
        if not cfg.allow_programs:
            yield f"icl.methods.{name}: it runs what a model writes; allow_programs: true lets it"
    for name in dict.fromkeys(cell.selection for cell in cells):
        if isinstance(selection := cfg.selections.get(name), AutoCotSelection | BootstrappedSelection):
            yield f"icl.selections.{name}: {selection.kind} shows the model's own chains, which are no programs"
    for name in dict.fromkeys(cell.format for cell in cells):
        if isinstance(cfg.formats.get(name), HarnessFormat):
            yield f"icl.formats.{name}: a page's own words ask for no program"


def _find_strangers(cfg: GridConfig, where: str, axes: AxesConfig | CellConfig) -> Iterator[str]:
    for axis, names in LISTS.items():
        known, said = getattr(cfg, names), getattr(axes, axis)
        for name in said if isinstance(said, list) else [said]:
            if name not in known:
                yield f"icl.{where}.{axis}: no {axis} is called {name!r}; icl.{names} has {', '.join(known)}"
