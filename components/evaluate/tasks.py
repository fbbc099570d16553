"""What is asked of every model: the run's own tasks, and the user's task pages."""

from pathlib import Path

from components.base.errors import ParamsError
from components.evaluate.config import EvaluateConfig
from components.tasks.config import SharedConfig
from components.tasks.page import load_task
from components.tasks.run_tasks import open_tasks
from components.tasks.task import Task


def load_tasks(cfg: EvaluateConfig, shared: SharedConfig) -> list[Task]:
    """The run's tasks, then every task page; two tasks of one name are refused."""
    own = [task.make_task(cfg.items, exemplar_pool=cfg.exemplar_pool, shots=cfg.shots) for task in open_tasks(shared)]
    tasks = list(own)
    for path in cfg.tasks:
        task = load_task(Path(path), Path(cfg.data_folder), cfg.shots)
        if task.name in {other.name for other in tasks}:
            raise ParamsError(f"{path}: a task of the name {task.name!r} is there already")
        tasks.append(task)
    return tasks
