"""What each stage will take of memory, worker by worker, from params and cluster file alone; refuses what cannot fit.

Figures are of the order that was measured (a test holds them to a factor of 1.5): enough to tell a run that fits from
one that does not, in a second and before anything is loaded.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from components.base.config import ExternalConfig
from components.base.errors import ParamsError
from components.model.size import ModelSize, measure_config, read_size
from components.runtime.cluster import ClusterConfig
from components.tokens.config import ByteBpeConfig
from components.training.memory import Parts, sum_parts
from pipelines.memory_of_stages import STAGE_NEEDS, Needs, Setting
from pipelines.params import STAGES, Params
from pipelines.remedies import list_remedies

GB = 1e9
PROCESS_BYTES = 0.65 * GB
"""Python with torch and transformers; measured in a training worker."""
RAY_BYTES = 0.5 * GB
"""A private Ray's own processes, without its object store."""
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Room(NamedTuple):
    """What there is for one of the needs."""

    where: str
    needed: float
    there: float
    held: Parts
    """What most of it is needed for."""


def check_memory(params: Params, cluster: ClusterConfig, stages: Sequence[str]) -> str:
    """One line that says what the stages take. Raises ParamsError for the first that cannot fit, with what would."""
    size = find_size(params)
    if size is None:
        return "memory: not estimated, for the base model's widths are not known before it is there"
    setting = Setting(params, cluster, size)
    needs = dict(estimate_memory(setting, stages))
    for stage, need in needs.items():
        tight = find_tight(need, cluster)
        if tight is not None:
            raise ParamsError(describe_refusal(stage, tight, setting))
    told = " · ".join(f"{stage} {sum_parts(need.worker or need.process) / GB:.1f}" for stage, need in needs.items())
    return f"memory of a worker of {size.parameters / 1e6:.1f} M parameters, about, in GB: {told}"


def find_size(params: Params) -> ModelSize | None:
    """The size of the run's model; None where no config tells."""
    pretrain, tokens = params.pretrain, params.tokens
    if isinstance(pretrain, ExternalConfig):
        return None
    if pretrain.kind == "pretrained":
        return read_size(Path(pretrain.path))
    if isinstance(tokens, ByteBpeConfig):
        return measure_config(pretrain.model, tokens.vocab_size)
    given = None if isinstance(tokens, ExternalConfig) else read_size(Path(tokens.path))
    return None if given is None else measure_config(pretrain.model, given.vocabulary)


def estimate_memory(setting: Setting, stages: Sequence[str]) -> Iterator[tuple[str, Needs]]:
    """What each stage takes that runs a model of the project's; a component of the user's own is not known."""
    for stage in sorted(stages, key=STAGES.index):
        count = STAGE_NEEDS.get(stage)
        if count is not None and not isinstance(getattr(setting.params, stage), ExternalConfig):
            yield stage, count(setting)


def find_tight(need: Needs, cluster: ClusterConfig) -> Room | None:
    """Where a need does not fit; None where it does, or where nobody says how much there is."""
    return next((room for room in _list_rooms(need, cluster) if room.needed > room.there), None)


def _list_rooms(need: Needs, cluster: ClusterConfig) -> Iterator[Room]:
    train, share = cluster.train, min(1.0, cluster.inference.gpus_per_engine)
    worker, process, engine = (sum_parts(parts) for parts in (need.worker, need.process, need.engine))
    if need.worker and train.gpus_per_worker and train.gpu_memory_gb:
        yield Room("a worker's GPU", worker, train.gpu_memory_gb * GB, need.worker)
        if share:
            yield Room("an engine's share of a GPU", engine, train.gpu_memory_gb * GB * share, need.engine)
    elif cluster.ray.address == "local" and not train.gpus_per_worker:
        own = RAY_BYTES + PROCESS_BYTES * (1 + need.workers + need.engines)
        needed = own + max(worker * max(1, need.workers) + engine * need.engines, process)
        held = max((need.worker, need.process, need.engine), key=sum_parts)
        yield Room("this machine", needed, measure_machine(), held)
    elif need.worker and train.memory_gb_per_worker:
        yield Room("a worker", PROCESS_BYTES + worker, train.memory_gb_per_worker * GB, need.worker)


def measure_machine() -> float:
    """Bytes of memory that this machine, or the container around this process, has."""
    limits = [path.read_text(encoding="utf-8").strip() for path in CGROUP_LIMITS if path.is_file()]
    return min([float(limit) for limit in limits if limit.isdigit()] + [float(psutil.virtual_memory().total)])


def describe_refusal(stage: str, room: Room, setting: Setting) -> str:
    """The figure, what it is made of, and what would make it fit."""
    largest = sorted(room.held.items(), key=lambda part: -part[1])[:4]
    made_of = ", ".join(f"{name} {value / GB:.1f}" for name, value in largest)
    fitting = []
    for words, changed in list_remedies(stage, setting):
        [(_, then)] = estimate_memory(changed, [stage])
        if find_tight(then, changed.cluster) is None:
            fitting.append(words)
    remedy = f"it would fit with {', or '.join(fitting)}" if fitting else "no single setting would make it fit"
    return (
        f"{stage}: about {room.needed / GB:.1f} GB do not fit in {room.where}, which has {room.there / GB:.1f} "
        f"({made_of}): {remedy}"
    )
