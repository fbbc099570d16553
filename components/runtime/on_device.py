"""Work on models that are measured, not trained: in this process, or where the cluster's accelerators are."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from components.base.errors import PipelineError
from components.runtime.cluster import read_cluster
from components.runtime.session import ray_session

P = ParamSpec("P")
T = TypeVar("T")


def run_on_device(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns, called on an engine's share of the cluster; without engines, in this process.

    A relative path means the same there as here. Raises the function's own refusal as it was said.
    """
    cluster = read_cluster().inference
    if not cluster.engines:
        return function(*args, **kwargs)
    import ray

    folder, threads = Path.cwd(), cluster.threads_per_engine

    def call() -> T | PipelineError:
        import torch

        os.chdir(folder)
        torch.set_num_threads(threads)
        try:
            return function(*args, **kwargs)
        except PipelineError as error:  # as a value: an exception across processes would lose its type
            return error

    with ray_session():
        remote = ray.remote(num_cpus=cluster.cpus_per_engine, num_gpus=cluster.gpus_per_engine)(call)
        answer = ray.get(remote.remote())
    if isinstance(answer, PipelineError):
        raise answer
    return cast(T, answer)
