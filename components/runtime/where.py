"""Where a run happens: read from infra/clusters/*.yaml, never part of what a result depends on."""

import os
from pathlib import Path

from components.base.config import Config, NonNegativeInt, PositiveFloat, PositiveInt
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
    """Training workers; zero workers means in the stage's own process. Nothing here changes a result."""

    num_workers: NonNegativeInt
    cpus_per_worker: PositiveInt
    gpus_per_worker: NonNegativeInt
    threads_per_worker: PositiveInt
    micro_batch_tokens: PositiveInt
    """What fits in a worker's memory at once; the rest of a batch is accumulated."""
    log_every_steps: PositiveInt
    """How often a curve gets a point; a short run logs more often (see `count_log_interval`)."""
    checkpoint_every_s: PositiveFloat
    """So much work is lost, at most, when everything is killed."""
    max_failures: NonNegativeInt
    """How many lost workers a run survives; a worker's own refusal is never tried again."""
    storage: str
    """Where checkpoints lie; every node must see it."""


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


FEWEST_POINTS = 20
"""Points of a curve of a run that has so many steps."""


def count_log_interval(every_steps: int, total_steps: int) -> int:
    """Steps between two points of a curve: as told, but not so many that a short run shows nothing."""
    return max(1, min(every_steps, total_steps // FEWEST_POINTS))


def read_where() -> Where:
    """The cluster file that CLUSTER names (a path, or a name in infra/clusters); RAY_ADDRESS wins over its address."""
    chosen = os.environ.get(CLUSTER_VARIABLE, "local")
    path = Path(chosen) if chosen.endswith((".yaml", ".yml")) else CLUSTERS / f"{chosen}.yaml"
    where: Where = validate(Where, read_yaml(path), where=str(path))
    address = os.environ.get("RAY_ADDRESS") or where.ray.address
    return where.model_copy(update={"ray": where.ray.model_copy(update={"address": address})})
