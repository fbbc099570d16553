"""What `check` says of processes that a private Ray cannot hold."""

from typing import Any

import pytest

from components.base.errors import PipelineError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.runtime.cluster import ClusterConfig
from pipelines.params import STAGES, read_params
from pipelines.room import check_room
from tests.trees import ROOT


def make_cluster(**inference: Any) -> ClusterConfig:
    """The local cluster, whose one training worker takes both of its cores."""
    section = read_yaml(ROOT / "infra" / "clusters" / "local.yaml") | {"inference": inference}
    cluster: ClusterConfig = validate(ClusterConfig, section, where="cluster")
    return cluster


def test_engines_that_fit_beside_no_worker_are_told_of_before_the_first_stage() -> None:
    params, both = read_params(), make_cluster(engines=1)
    with pytest.raises(PipelineError, match=r"num_workers 1 .* and inference\.engines 1 .* need 3, .*num_cpus 2; with"):
        check_room(params, both, STAGES)
    check_room(params, both, ["sft", "evaluate"])
    check_room(params, make_cluster(engines=2, engines_beside_training=0), STAGES)
    check_room(params, both.model_copy(update={"ray": both.ray.model_copy(update={"address": "auto"})}), STAGES)


def test_more_engines_than_there_is_room_for_are_refused_whatever_runs() -> None:
    with pytest.raises(PipelineError, match=r"inference\.engines 3 of inference\.cpus_per_engine 1 need 3"):
        check_room(read_params(), make_cluster(engines=3), ["evaluate"])
