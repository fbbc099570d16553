"""What a Hugging Face trainer keeps of a run whose weights are sharded, so that it can be taken up again."""

from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from accelerate.optimizer import AcceleratedOptimizer
from torch.distributed.checkpoint.state_dict_saver import save
from transformers import Trainer
from transformers.trainer import SCHEDULER_NAME

from components.runtime.checkpoint import collect_state, restore_state


class ShardedTrainer(Trainer):  # type: ignore[misc]
    """Every worker writes its share of the weights that are trained and of the optimiser; whole models as ever."""

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """A collective."""
        if not self.is_distributed_loading_by_transformers:
            super().save_model(output_dir, _internal_call)
            return
        assert output_dir is not None, "only checkpoints are written by a trainer"
        save(collect_state(self.model, self._plain_optimizer(), {}), checkpoint_id=output_dir)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        if not self.is_distributed_loading_by_transformers:
            super()._save_optimizer_and_scheduler(output_dir)
        elif dist.get_rank() == 0:
            torch.save(self.lr_scheduler.state_dict(), Path(output_dir) / SCHEDULER_NAME)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """Weights that are sharded are read with the optimiser, once that is there."""
        if not self.is_distributed_loading_by_transformers:
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None or not self.is_distributed_loading_by_transformers:
            super()._load_optimizer_and_scheduler(checkpoint)
            return
        restore_state(Path(checkpoint), self.model, self._plain_optimizer(), {})
        self.lr_scheduler.load_state_dict(torch.load(Path(checkpoint) / SCHEDULER_NAME, weights_only=True))

    def _plain_optimizer(self) -> torch.optim.Optimizer:
        wrapped = isinstance(self.optimizer, AcceleratedOptimizer)
        plain: torch.optim.Optimizer = self.optimizer.optimizer if wrapped else self.optimizer
        return plain
