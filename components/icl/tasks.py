"""What is asked of every model."""

from components.icl.config import GridConfig
from components.icl.grid import list_cells
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import open_tasks
from components.tasks.task import Task


def load_tasks(cfg: GridConfig, shared: SharedConfig) -> list[Task]:
    """Items for testing of each of the run's tasks that are asked for, with as many exemplars as any cell shows."""
    tasks = open_tasks(shared, "test", cfg.tasks, "icl.tasks")
    most = max(cell.shots for cell in list_cells(cfg))
    return [task.make_task(cfg.items, exemplar_pool=cfg.exemplar_pool, shots=most) for task in tasks]
