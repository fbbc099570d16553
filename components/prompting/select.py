"""A task whose items are shown with demonstrations that were chosen for them."""

from dataclasses import replace

from components.base.errors import ParamsError
from components.prompting.order.config import NearnessOrder
from components.prompting.order.nearness import arrange_by_nearness
from components.prompting.selection.config import RandomSelection, Selection, VoteKSelection
from components.prompting.selection.kinds import open_selection
from components.prompting.selection.learned_config import BanditSelection
from components.prompting.selection.pool import ExemplarPool
from components.tasks.task import Task


def select_exemplars(task: Task, selection: Selection, order: NearnessOrder, shots: int, seed: int) -> Task:
    """The task with exemplars from its pool for each item, as many as it had.

    Raises ParamsError where a task has no pool.
    """
    if isinstance(selection, RandomSelection) and order == "as_selected":
        return task  # as the task drew them itself, which may have no pool to tell of
    require_pool(task, selection, shots, "evaluate.selection")
    pool, choose = open_selection(ExemplarPool(task, seed), selection)
    items = []
    for item in task.items:
        places = arrange_by_nearness(pool, item, choose(item, shots), order)
        exemplars = tuple(pool.exemplars[place] for place in places)
        items.append(replace(item, exemplars=exemplars, nearest_last=order == "nearest_last"))
    return replace(task, items=tuple(items))


def require_pool(task: Task, selection: Selection, shots: int, where: str) -> None:
    """Raises ParamsError, in the name of the param `where`, for a pool or a budget that is smaller than the shots."""
    if len(task.pool) < shots:
        offered = f"of the task {task.name!r}, which offers {len(task.pool)}"
        raise ParamsError(f"{where}: {shots} shots are asked for {offered}")
    if isinstance(selection, VoteKSelection) and selection.budget < shots:
        raise ParamsError(f"{where}.budget: {selection.budget} are kept, and {shots} shots are asked for")
    if isinstance(selection, BanditSelection) and len(task.pool) - selection.reward_items < shots:
        raise ParamsError(
            f"{where}.reward_items: {selection.reward_items} of the {len(task.pool)} solved questions of the task "
            f"{task.name!r} are never shown, and {shots} shots are asked for"
        )
