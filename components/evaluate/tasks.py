"""What is asked of every model."""

from components.evaluate.config import EvaluateConfig
from components.prompting.select import select_exemplars
from components.tasks.calls import show_calls
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import open_tasks
from components.tasks.task import Task


def load_tasks(cfg: EvaluateConfig, shared: SharedConfig) -> list[Task]:
    """Items for testing of each of the run's tasks that are asked for."""
    tasks = open_tasks(shared, "test", cfg.tasks, "evaluate.tasks")
    made = [
        show_calls(task.make_task(cfg.items, exemplar_pool=cfg.exemplar_pool, shots=cfg.shots), shared.tool)
        for task in tasks
    ]
    return [select_exemplars(task, cfg.selection, cfg.order, cfg.shots, shared.seed) for task in made]
