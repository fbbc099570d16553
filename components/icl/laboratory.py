"""Asks every model every item in every cell: all cells of a model together."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from components.base.errors import ParamsError
from components.generation.pool import Pool, open_pool
from components.generation.tool_calls import build_forcer
from components.icl.bench import Bench, read_sample
from components.icl.config import GridConfig
from components.icl.costs import Bill
from components.icl.grid import list_cells
from components.icl.samples import Costs, GridRun
from components.prompting.asker import Asker
from components.prompting.asking import run_together
from components.prompting.journal import Journal
from components.prompting.rating import open_rater
from components.runtime.runs import find_run_folder, find_run_key
from components.tasks.config import SharedConfig
from components.tasks.task import Task

MODEL = "model"
BRIDGE_TOKENS = 24
"""Of what stands between two stages of a method."""


def ask_grid(
    stages: Mapping[str, Path], reward: Path, tasks: Sequence[Task], cfg: GridConfig, shared: SharedConfig, out: Path
) -> GridRun:
    """Every cell of every model of the grid; `stages` maps a model's name to its artifact.

    What was answered before the stage was killed is read from its run folder.
    """
    run, work = GridRun(), find_run_folder(find_run_key("icl", out))
    rate = open_rater(reward / MODEL, shared.inference.dtype)
    for name in cfg.models:
        with open_pool(stages[name] / MODEL, shared.inference) as pool:
            tools = {tool: build_forcer(told, pool.tokenizer) for tool, told in cfg.tools.items()}
            asker = Asker(pool, Journal(work / "replies" / name), rate, f"{name} answers", tools)
            ask_model(name, pool, asker, tasks, cfg, shared.seed, run)
    return run


def ask_model(
    name: str, pool: Pool, asker: Asker, tasks: Sequence[Task], cfg: GridConfig, seed: int, run: GridRun
) -> None:
    """Put what one model says, and what that took, to the run."""
    room = pool.context - cfg.answer_max_new_tokens - cfg.cot_max_new_tokens - BRIDGE_TOKENS
    if room < 1:
        raise ParamsError(f"icl: max_new_tokens leaves no room for a prompt in the context of the {name} model")
    bench = Bench(cfg, seed, asker, pool, room)
    places = [(task, cell, item) for task in tasks for cell in list_cells(cfg) for item in task.items]
    courses = run_together([bench.ask(task, cell, item) for task, cell, item in places], asker.ask)
    bill = Bill(asker.replies)
    for (task, cell, item), course in zip(places, courses, strict=True):
        bill.add(run.costs.setdefault((name, task.name, cell), Costs()), course.asked)
        run.samples.append(read_sample(name, task, cell, item, course.result, pool.tokenizer, cfg))
