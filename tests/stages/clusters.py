"""A cluster file of its own for a test, so that its checkpoints lie in the test's folder."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from components.base.yaml import read_yaml

LOCAL = Path(__file__).parents[2] / "infra" / "clusters" / "local.yaml"


def write_cluster(folder: Path, monkeypatch: pytest.MonkeyPatch, **train: Any) -> None:
    """Choose the local cluster with other training settings: two cores, shared by its workers; every step is logged
    and kept, for tests are over before a clock would say so."""
    where = read_yaml(LOCAL)
    where["train"] |= {
        "cpus_per_worker": 1, "threads_per_worker": 1, "storage": str(folder / "runs"),
        "log_every_steps": 1, "checkpoint_every_s": 1e-3, **train,
    }  # fmt: skip
    path = folder / "cluster.yaml"
    YAML().dump(where, path)
    monkeypatch.setenv("CLUSTER", str(path))
