"""A cluster file of its own for a test, so that its checkpoints lie in the test's folder."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from components.base.yaml import read_yaml

LOCAL = Path(__file__).parents[2] / "infra" / "clusters" / "local.yaml"


def write_cluster(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    ray: dict[str, Any] | None = None,
    inference: dict[str, Any] | None = None,
    **train: Any,
) -> None:
    """Choose a cluster file of the test's own, with its checkpoints in the test's folder."""
    make_cluster(folder / "cluster.yaml", ray, inference, **{"storage": str(folder / "runs"), **train})
    monkeypatch.setenv("CLUSTER", str(folder / "cluster.yaml"))


def make_cluster(
    path: Path, ray: dict[str, Any] | None = None, inference: dict[str, Any] | None = None, **train: Any
) -> None:
    """The local cluster with other settings: two cores, shared by its workers.

    Every step is logged and kept, for tests are over before a clock would say so.
    """
    where = read_yaml(LOCAL)
    where["ray"] |= ray or {}
    where["inference"] = inference or {}
    where["train"] |= {
        "cpus_per_worker": 1, "threads_per_worker": 1, "log_every_steps": 1, "checkpoint_every_s": 1e-3, **train,
    }  # fmt: skip
    YAML().dump(where, path)
