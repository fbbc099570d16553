"""A training run as one value: what a stage asks for, and what every worker's loop is handed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from components.base.config import Config
from components.base.curves import CURVES
from components.runtime.cluster import InferenceClusterConfig, TrainClusterConfig, read_cluster
from components.runtime.runs import find_run_folder, find_run_key

CfgT = TypeVar("CfgT", bound=Config)
InputsT = TypeVar("InputsT")


@dataclass(frozen=True)
class RunPaths:
    """Where a run writes, on storage that every node sees."""

    run_folder: Path
    """Checkpoints and what they belong to; a run of the same key resumes there."""
    out: Path
    """The stage's output folder."""

    @property
    def curves(self) -> Path:
        """In the run's own folder, so that a resumed run continues them."""
        return self.run_folder / CURVES


@dataclass(frozen=True)
class TrainJob(Generic[CfgT, InputsT]):
    """Everything that a training loop is told; it travels to the workers as it is."""

    stage: str
    cfg: CfgT
    """The stage's own section of params.yaml."""
    seed: int
    inputs: InputsT
    """A frozen record of the stage's own: the paths that it reads, and what it already knows of them."""
    total_steps: int
    run: RunPaths
    cluster: TrainClusterConfig
    inference: InferenceClusterConfig = field(default_factory=InferenceClusterConfig)
    """Engines that a loop may ask while it runs; none unless it was made with them."""


def make_job(
    stage: str, cfg: CfgT, inputs: InputsT, *, seed: int, out: Path, total_steps: int, with_engines: bool = False
) -> TrainJob[CfgT, InputsT]:
    """Join what a stage asks for with the folder of its run and the cluster's part on training.

    `with_engines` for a loop that samples while it trains.
    """
    cluster = read_cluster()
    inference = cluster.inference.take_beside_training() if with_engines else InferenceClusterConfig()
    run = RunPaths(find_run_folder(find_run_key(stage, out)), out.resolve())
    return TrainJob(stage, cfg, seed, inputs, total_steps, run, cluster.train, inference)
