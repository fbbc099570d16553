"""A task as a cell shows it: its own solutions, the same as programs, or the rows of an lm-eval page."""

from dataclasses import replace
from typing import Literal

from components.base.errors import ParamsError
from components.icl.config import GridConfig
from components.icl.grid import Cell
from components.prompting.format.config import HarnessFormat
from components.prompting.method.config import ProgramMethod
from components.prompting.selection.pool import Choose
from components.tasks.programs import show_programs
from components.tasks.task import Exemplar, Item, PageWords, Task

Shown = Literal["solutions", "programs", "page"]


class CellTasks:
    """Each is made once."""

    def __init__(self, cfg: GridConfig) -> None:
        self._cfg = cfg
        self._made: dict[tuple[str, Shown, int], Task] = {}

    def find_shown(self, cell: Cell) -> Shown:
        """What a cell shows."""
        if isinstance(self._cfg.formats[cell.format], HarnessFormat):
            return "page"
        return "programs" if isinstance(self._cfg.methods[cell.method], ProgramMethod) else "solutions"

    def adapt(self, task: Task, cell: Cell) -> Task:
        """The task with what the cell shows. Raises ParamsError for one without solutions that can be programs."""
        shown = self.find_shown(cell)
        key = (task.name, shown, cell.shots)
        if key not in self._made:
            self._made[key] = self._make(task, cell, shown)
        return self._made[key]

    def _make(self, task: Task, cell: Cell, shown: Shown) -> Task:
        match shown:
            case "solutions":
                return task
            case "programs":
                found = show_programs(task)
                if cell.shots and not found.pool:
                    raise ParamsError(
                        f"icl.methods.{cell.method}: no solution of the task {task.name!r} is a chain of equations, "
                        "which could be shown as a program"
                    )
                return found
            case "page":
                assert task.words is not None  # or the format has been refused
                return replace(task, items=task.words.pose(task.items, cell.shots), pool=task.words.pool)


def find_item(task: Task, item: Item) -> Item:
    """The item as the task has it."""
    return next(one for one in task.items if one.id == item.id)


def choose_others(choose: Choose, pool: tuple[Exemplar, ...], words: PageWords | None) -> Choose:
    """The same choices without the item itself, where a page shows the very rows that it asks."""
    if words is None or not words.shows_asked:
        return choose

    def choose_other(item: Item, count: int) -> list[int]:
        found = choose(item, min(count + 1, len(pool))) if count else []
        return [place for place in found if pool[place].question != item.question][:count]

    return choose_other
