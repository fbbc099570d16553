"""Where a run happens: read from infra/clusters/*.yaml, never part of what a result depends on."""

import os
from pathlib import Path

from components.base.config import Config, NonNegativeInt, PositiveInt
from components.base.validation import validate
from components.base.yaml import read_yaml

CLUSTER_VARIABLE = "CLUSTER"
CLUSTERS = Path(__file__).resolve().parents[2] / "infra" / "clusters"


class RayWhere(Config):
    """Which Ray: `local` starts a private one; `auto` or host:port attaches to a running one."""

    address: str
    num_cpus: PositiveInt
    num_gpus: NonNegativeInt
    object_store_mb: PositiveInt


class TrainWhere(Config):
    """Training workers; zero workers means in the stage's own process. `micro_batch_tokens` is what
    fits in a worker's memory at once: it changes speed, not results. `storage` must be shared by all nodes."""

    num_workers: NonNegativeInt
    cpus_per_worker: PositiveInt
    gpus_per_worker: NonNegativeInt
    threads_per_worker: PositiveInt
    micro_batch_tokens: PositiveInt
    max_failures: NonNegativeInt
    storage: str


class ServeWhere(Config):
    """The HTTP endpoint and its replicas."""

    host: str
    port: PositiveInt
    replicas: PositiveInt
    threads_per_replica: PositiveInt
    gpus_per_replica: NonNegativeInt


class Where(Config):
    """One cluster file."""

    ray: RayWhere
    train: TrainWhere
    serve: ServeWhere


def read_where() -> Where:
    """The cluster file that CLUSTER names (a path, or a name in infra/clusters); RAY_ADDRESS wins over its address."""
    chosen = os.environ.get(CLUSTER_VARIABLE, "local")
    path = Path(chosen) if chosen.endswith((".yaml", ".yml")) else CLUSTERS / f"{chosen}.yaml"
    where: Where = validate(Where, read_yaml(path), where=str(path))
    address = os.environ.get("RAY_ADDRESS") or where.ray.address
    return where.model_copy(update={"ray": where.ray.model_copy(update={"address": address})})
