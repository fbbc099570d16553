"""Solutions that call a tool where they reckon, for whoever learns from them or is shown them."""

from dataclasses import replace

from components.tasks.task import Exemplar, Task
from components.tools.calls import write_equations_as_calls
from components.tools.config import CalculatorConfig, ToolConfig


def write_calls(solution: Exemplar, tool: ToolConfig) -> Exemplar:
    """The same with its equations as calls of the calculator; as it is where there is another tool, or none."""
    if solution.cot is None or not isinstance(tool, CalculatorConfig):
        return solution
    return replace(solution, cot=write_equations_as_calls(solution.cot, tool.marks))


def show_calls(task: Task, tool: ToolConfig) -> Task:
    """The task with calls in all that a question may be shown with."""
    if not isinstance(tool, CalculatorConfig):
        return task
    items = [replace(item, exemplars=tuple(write_calls(one, tool) for one in item.exemplars)) for item in task.items]
    return replace(task, items=tuple(items), pool=tuple(write_calls(one, tool) for one in task.pool))
