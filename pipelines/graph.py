"""What dvc.yaml says of the stages: who stands above whom, and whose params reach whom."""

from pathlib import Path
from typing import Any

from components.base.yaml import read_yaml

GRAPH_FILE = Path("dvc.yaml")
ARTIFACTS = "artifacts/"


def list_needed_stages(stage: str) -> list[str]:
    """A stage and all that stand above it in the graph: what `dvc repro STAGE` may run."""
    graph = _read_stages()
    needed, waiting = [], [stage]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.append(name)
            waiting.extend(_list_inputs(graph, name))
    return needed


def list_stale_stages(section: str) -> list[str]:
    """The stages that read a section of params.yaml and all that stand below them, in the graph's order."""
    graph = _read_stages()
    readers = {name for name, stage in graph.items() if section in stage.get("params", [])}
    return [name for name in graph if readers & set(list_needed_stages(name))]


def _read_stages() -> dict[str, Any]:
    stages: dict[str, Any] = read_yaml(GRAPH_FILE)["stages"]
    return stages


def _list_inputs(graph: dict[str, Any], name: str) -> list[str]:
    found = [str(dep).removeprefix(ARTIFACTS).split("/")[0] for dep in graph[name].get("deps", [])]
    return [dep for dep in found if dep in graph]
