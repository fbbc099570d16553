"""Worked solutions as programs, for whoever is to answer by one."""

from dataclasses import replace

from components.tasks.score import read_answer
from components.tasks.task import Task
from components.tools.solutions import write_solution


def show_programs(task: Task) -> Task:
    """The task with those solutions to choose from that are chains of equations, each as a program for its steps."""
    judge = task.items[0].judge
    pool = []
    for exemplar in task.pool:
        answer = read_answer(exemplar.answer_only, judge)
        program = write_solution(exemplar.cot, answer) if exemplar.cot is not None and answer is not None else None
        if program is not None:
            pool.append(replace(exemplar, cot=program))
    return replace(task, pool=tuple(pool))
