"""Layouts that a cluster file can choose; none of them changes a result."""

from typing import Literal

from components.base.config import Config


class FsdpConfig(Config):
    """FSDP2 over all workers: each holds a share of every parameter and reads its own part of every batch."""

    kind: Literal["fsdp"]


ParallelConfig = FsdpConfig
