"""Where a run happens: read from infra/clusters/*.yaml, never part of what a result depends on."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from components.base.config import Config, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from components.base.errors import PipelineError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.parallel.config import FsdpConfig, ParallelConfig

CLUSTER_VARIABLE = "CLUSTER"
CLUSTERS = Path(__file__).resolve().parents[2] / "infra" / "clusters"


class RayClusterConfig(Config):
    """Which Ray: `local` starts a private one; `auto` or host:port attaches to a running one."""

    address: str
    """`local` starts a private Ray; `auto` or `host:port` attaches to a cluster."""
    num_cpus: PositiveInt
    """CPUs of a private Ray."""
    num_gpus: NonNegativeInt
    """GPUs of a private Ray."""
    object_store_mb: PositiveInt
    """Object store of a private Ray, in 10^6 bytes."""


class TrainClusterConfig(Config):
    """Training workers; zero workers means in the stage's own process. Nothing here changes a result."""

    num_workers: NonNegativeInt
    """Training workers; 0 trains in the stage's own process."""
    cpus_per_worker: PositiveInt
    """CPUs that Ray reserves for a worker."""
    gpus_per_worker: NonNegativeInt
    """GPUs that Ray reserves for a worker."""
    threads_per_worker: PositiveInt
    """Threads of a worker's torch."""
    micro_batch_tokens: PositiveInt
    """What fits in a worker's memory at once; the rest of a batch is accumulated."""
    activation_checkpointing: bool = False
    """Whether layers are computed again for their gradients (Chen et al. 2016): a third more time, far less memory."""
    log_every_steps: PositiveInt
    """How often a curve gets a point; a short run logs more often (see `count_log_interval`)."""
    checkpoint_every_s: PositiveFloat
    """So much work is lost, at most, when everything is killed."""
    max_failures: NonNegativeInt
    """How many lost workers a run survives; a worker's own refusal is never tried again."""
    storage: str
    """Where checkpoints lie; every node must see it."""
    memory_gb_per_worker: PositiveFloat | None = None
    """Memory that a worker has on a cluster, in 10^9 bytes; by it `check` refuses what cannot fit. Null: not known."""
    gpu_memory_gb: PositiveFloat | None = None
    """The same of a worker's GPU."""
    parallel: ParallelConfig = FsdpConfig(kind="fsdp")
    """How the workers share the model and its data."""


class InferenceClusterConfig(Config):
    """Where models answer and are measured that are not trained. Nothing here changes a result."""

    engines: NonNegativeInt = 0
    """Engines, each a Ray actor with the whole model; 0 runs models in the stage's own process."""
    engines_beside_training: NonNegativeInt | None = None
    """Engines that hold the policy and sample from it while its training workers are there, too; null for as many as
    `engines`, 0 lets each worker sample with a whole copy of its own."""
    cpus_per_engine: PositiveInt = 1
    """CPUs that Ray reserves for an engine."""
    gpus_per_engine: NonNegativeFloat = 0.0
    """GPUs, or a part of one, that Ray reserves for an engine."""
    threads_per_engine: PositiveInt = 1
    """Threads of an engine's torch."""
    max_failures: NonNegativeInt = 2
    """How many lost engines are replaced before a stage gives up."""

    def take_beside_training(self) -> "InferenceClusterConfig":
        """The same, with as many engines as may stand beside training workers."""
        beside = self.engines_beside_training
        return self if beside is None else self.model_copy(update={"engines": beside})


class ServeClusterConfig(Config):
    """The HTTP endpoint and its replicas."""

    host: str
    """Address that the HTTP server listens on."""
    port: PositiveInt
    """Port that it listens on."""
    replicas: PositiveInt
    """Copies of the model."""
    threads_per_replica: PositiveInt
    """Threads of a replica's torch."""
    gpus_per_replica: NonNegativeInt
    """GPUs that Ray reserves for a replica."""


class ClusterConfig(Config):
    """One cluster file."""

    ray: RayClusterConfig
    """Which Ray."""
    train: TrainClusterConfig
    """How training is spread over it."""
    inference: InferenceClusterConfig = InferenceClusterConfig()
    """How models answer and are measured on it."""
    serve: ServeClusterConfig
    """How the model is served on it."""


FEWEST_POINTS = 20
"""Points of a curve of a run that has so many steps."""


def count_log_interval(every_steps: int, total_steps: int) -> int:
    """Steps between two points of a curve: as told, but not so many that a short run shows nothing."""
    return max(1, min(every_steps, total_steps // FEWEST_POINTS))


def read_cluster() -> ClusterConfig:
    """The cluster file that CLUSTER names (a path, or a name in infra/clusters); RAY_ADDRESS wins over its address."""
    chosen = os.environ.get(CLUSTER_VARIABLE, "local")
    path = Path(chosen) if chosen.endswith((".yaml", ".yml")) else CLUSTERS / f"{chosen}.yaml"
    cluster: ClusterConfig = validate(ClusterConfig, read_yaml(path), where=str(path))
    address = os.environ.get("RAY_ADDRESS") or cluster.ray.address
    return cluster.model_copy(update={"ray": cluster.ray.model_copy(update={"address": address})})


class Demand(NamedTuple):
    """What processes of one kind ask of Ray."""

    counted: str
    """The setting that says how many there are to be."""
    number: int
    each: Mapping[str, float]
    """What one of them takes: CPUs, then GPUs, by the settings that say so."""


def count_workers(train: TrainClusterConfig) -> Demand:
    """What training workers ask."""
    each = {"train.cpus_per_worker": train.cpus_per_worker, "train.gpus_per_worker": train.gpus_per_worker}
    return Demand("train.num_workers", train.num_workers, each)


def count_engines(inference: InferenceClusterConfig) -> Demand:
    """What engines ask."""
    cpus, gpus = inference.cpus_per_engine, inference.gpus_per_engine
    return Demand(
        "inference.engines", inference.engines, {"inference.cpus_per_engine": cpus, "inference.gpus_per_engine": gpus}
    )


def require_room(ray: RayClusterConfig, *together: Demand) -> None:
    """Raises PipelineError for processes that a private Ray, which never grows, cannot hold at one time."""
    if ray.address != "local":
        return
    for place, (what, there) in enumerate((("num_cpus", ray.num_cpus), ("num_gpus", ray.num_gpus))):
        needed, told = 0.0, []
        for demand in together:
            name, taken = list(demand.each.items())[place]
            needed += demand.number * taken
            if demand.number:
                told.append(f"{demand.counted} {demand.number} of {name} {taken:g}")
        if needed > there:
            mend = "; with inference.engines_beside_training 0 workers do without engines" if len(told) > 1 else ""
            raise PipelineError(
                f"the cluster file: {' and '.join(told)} need {needed:g}, and the private Ray has ray.{what} {there}"
                f"{mend}"
            )
