"""Memory of a run's workers that are no children of its stage.

On a cluster that was there before they are asked for on every node, by an actor that takes no resources; those of a Ray
that the command lends are descendants of its host.
"""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

from components.runtime.head import find_lent_head

RUN_VARIABLE = "ONTOGENY_RUN"
"""Set in the environment of every worker that Ray starts for this driver, to know them by."""
ANSWER_S = 5.0


def name_run() -> str:
    """A name that no other driver's workers carry."""
    return uuid.uuid4().hex


def sum_run_bytes(run: str) -> int:
    """Proportional set size of this host's processes that were started for a run."""
    import psutil

    from components.base.memory import measure_process_bytes

    total = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(RUN_VARIABLE) == run:
                total += measure_process_bytes(process)
    return total


@contextlib.contextmanager
def count_lent_memory() -> Iterator[None]:
    """While the block runs, peak memory holds the Ray that is lent, for it is part of what a stage needs."""
    lent = find_lent_head()
    if lent is None:
        yield
        return
    from components.base.memory import count_elsewhere, measure_family_bytes

    with count_elsewhere(lambda: measure_family_bytes(lent.pid)):
        yield


@contextlib.contextmanager
def count_cluster_memory(run: str) -> Iterator[None]:
    """While the block runs, peak memory holds the workers of all nodes beside this process's own children."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    from components.base.memory import count_elsewhere

    @ray.remote(num_cpus=0)
    class NodeMemory:
        def measure(self) -> int:
            return sum_run_bytes(run)

    def start(node_id: str) -> Any:
        here = NodeAffinitySchedulingStrategy(node_id, soft=False)
        return NodeMemory.options(scheduling_strategy=here).remote()  # type: ignore[attr-defined]

    watchers = [start(node["NodeID"]) for node in ray.nodes() if node["Alive"]]

    def measure() -> int:
        total = 0
        with contextlib.suppress(Exception):  # this is asked from a thread, also while Ray is going away
            done, _ = ray.wait([w.measure.remote() for w in watchers], num_returns=len(watchers), timeout=ANSWER_S)
            for answer in done:
                with contextlib.suppress(ray.exceptions.RayError):  # a node that was lost has no memory
                    total += ray.get(answer)
        return total

    with count_elsewhere(measure):
        yield
    for watcher in watchers:
        ray.kill(watcher)
