"""How many failures of training workers Ray Train forgives."""

from pathlib import Path
from typing import Any

from ray.train import FailureConfig

from components.runtime.refusal import read_refusal


class PatienceWithLostWorkers(FailureConfig):  # type: ignore[misc]
    """Ray Train asks it how many failures to forgive: as many as told, but none once a worker has refused.

    A lost machine deserves another try, and as often a group of workers that found no room within the time that it has
    to start; bad data, a diverged loss and an unmet budget would only fail again.
    """

    def __init__(self, max_failures: int, run_folder: Path) -> None:
        self._run_folder = run_folder
        super().__init__(max_failures=max_failures, controller_failure_limit=max_failures)

    @property
    def max_failures(self) -> int:
        """Read by Ray after each failure."""
        return 0 if read_refusal(self._run_folder) else self._patience

    @max_failures.setter
    def max_failures(self, value: Any) -> None:
        self._patience = value
