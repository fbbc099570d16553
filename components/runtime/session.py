"""The one place that starts Ray, or attaches to one."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from components.runtime.cluster import ClusterConfig, RayClusterConfig, read_cluster
from components.runtime.cluster_memory import RUN_VARIABLE, count_cluster_memory, name_run
from components.runtime.head import ROOT, borrow_head, find_lent_head, join_code_path
from components.runtime.network import set_interface_env
from components.runtime.process_guard import keep_signal_handlers
from components.runtime.reach import choose_temporary_folder, require_reachable
from components.runtime.thread_env import THREAD_ENVIRONMENT

RAY_ENVIRONMENT = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.2",  # a report waits for the controller's next poll (2 s by default)
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",  # or every print of a worker appears twice
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "120",
    "RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "2",  # a busy core is no alarm (0.1 s by default)
    "RAY_worker_niceness": "0",  # 15 by default: training would starve beside whatever else a machine does
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    **THREAD_ENVIRONMENT,
    "TOKENIZERS_PARALLELISM": "false",
}
PRIVATE_ENVIRONMENT = {"RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0"}
"""Nobody takes this machine away with a warning; the watcher is a process with its imports."""


def set_ray_env() -> None:
    """Set what the environment does not say already; processes that Ray starts here inherit it."""
    for name, value in RAY_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


@contextmanager
def ray_session() -> Iterator[ClusterConfig]:
    """Attach to the cluster that is configured, or to the Ray that this command lends; else run a private one.

    A private Ray lives for the length of the block.
    """
    import ray

    cluster = read_cluster()
    set_ray_env()
    if ray.is_initialized():
        yield cluster
        return
    require_reachable(cluster)
    run = name_run()
    local = cluster.ray.address == "local"
    with keep_signal_handlers():
        ray.init(**(_use_private(cluster.ray) if local else attach_arguments(cluster.ray.address, run)))
    try:
        # A private Ray's processes are this one's children, or counted as the lent one's; those of another are not.
        with nullcontext() if local else count_cluster_memory(run):
            yield cluster
    finally:
        if local and find_lent_head():
            _leave_nothing()
        ray.shutdown()


def owns_ray() -> bool:
    """Whether what a session begun now starts in its Ray ends with it, for the Ray is private, or lent to this run."""
    import ray

    return not ray.is_initialized() and read_cluster().ray.address == "local"


def start_arguments(cluster: RayClusterConfig) -> dict[str, Any]:
    """What `ray.init` is told to start a private Ray, whose processes inherit this one's environment."""
    set_interface_env()
    os.environ["PYTHONPATH"] = join_code_path()
    return {
        "address": "local",
        "num_cpus": cluster.num_cpus,
        "num_gpus": cluster.num_gpus,
        "object_store_memory": cluster.object_store_mb * 10**6,
        "include_dashboard": False,
        **choose_temporary_folder(),
        **_be_quiet(),
    }


def attach_arguments(address: str, run: str) -> dict[str, Any]:
    """What it is told to attach: the processes of another's Ray know nothing of this one's environment."""
    return {
        "address": address,
        "runtime_env": {
            "env_vars": {
                "PYTHONPATH": join_code_path(),
                RUN_VARIABLE: run,
                **{name: os.environ[name] for name in RAY_ENVIRONMENT},
            },
            "worker_process_setup_hook": "components.runtime.network.set_interface_env",
        },
        **_be_quiet(),
    }


def _use_private(cluster: RayClusterConfig) -> dict[str, Any]:
    for name, value in PRIVATE_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    head = borrow_head()
    if head is None:
        return start_arguments(cluster)
    # Its workers import what the lender does, unless told otherwise; to be told costs each of them half a second.
    elsewhere = {} if head.root == ROOT else {"runtime_env": {"env_vars": {"PYTHONPATH": join_code_path()}}}
    return {"address": head.address, **elsewhere, **_be_quiet()}


def _leave_nothing() -> None:
    """End the named actors that outlive their driver, such as Ray Data's two: 0.3 GB that the stages to come lack."""
    import ray

    for named in ray.util.list_named_actors(all_namespaces=True):
        with suppress(Exception):  # it went by itself
            ray.kill(ray.get_actor(named["name"], namespace=named["namespace"]))


def _silence_nodes() -> None:
    """Keep off the terminal what Ray's nodes tell of every process that ends, a page each, also when it was told to.

    There is no setting for it. What a run loses it tells itself, and the whole lies in Ray's session folder.
    """
    from ray._private import worker

    worker.print_to_stdstream = lambda *_, **__: None


def _be_quiet() -> dict[str, Any]:
    """What workers and Ray's own actors print would tear the progress bars; it is kept in Ray's session folder.

    An error comes back as an exception.
    """
    import ray

    _silence_nodes()
    logs = ray.LoggingConfig(encoding="TEXT", log_level="ERROR")
    return {"logging_config": logs, "logging_level": logging.ERROR, "log_to_driver": False}
