"""What stages ask of a private Ray at one time, told before the first of them runs."""

from collections.abc import Sequence

from components.base.config import ExternalConfig
from components.runtime.cluster import ClusterConfig, count_engines, count_workers, require_room
from pipelines.params import Params

TRAINED = ("pretrain", "sft", "reward", "align")


def check_room(params: Params, cluster: ClusterConfig, stages: Sequence[str]) -> None:
    """Raises PipelineError for training workers and engines that it cannot hold; alignment has both together."""
    require_room(cluster.ray, count_engines(cluster.inference))
    for stage in TRAINED:
        if stage in stages and not isinstance(getattr(params, stage), ExternalConfig):
            together = [count_workers(cluster.train)]
            if stage == "align":
                together.append(count_engines(cluster.inference.take_beside_training()))
            require_room(cluster.ray, *together)
