"""What a training worker of this room does: a scalar head on the sft model, trained on pairs."""

from pathlib import Path
from typing import Any, assert_never

import pyarrow.compute as pc
import torch
import torch.distributed as dist
from datasets import Dataset, load_from_disk
from peft import LoraConfig
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerFast

from components.reward.config import RewardConfig
from components.runtime.folder import DTYPES, save_model, stamp_tokenizer
from components.text.tokenizer import load_tokenizer
from components.training.adapter_targets import require_targets
from components.training.adapters import describe_adapter
from components.training.config import LoraAdapter, NoAdapter
from components.training.fine_tuning import FineTuningJob
from components.training.trl_door import train_on_pairs


def train(job: FineTuningJob[RewardConfig]) -> None:
    """Train on the pairs and let rank 0 write `out/model`."""
    cfg, tokenizer, pairs = job.cfg, load_tokenizer(job.inputs.base), load_from_disk(job.inputs.samples)
    own = isinstance(cfg.adapter, LoraAdapter) and cfg.training.precision == "bf16"
    scorer = build_scorer(job.inputs.base, tokenizer, seed=job.seed, dtype=DTYPES["own" if own else "float32"])
    model: Any = train_on_pairs(
        job,
        cfg.training,
        scorer,
        tokenizer,
        pairs,
        longest=find_longest(pairs),
        center_rewards_coefficient=cfg.center_rewards_coefficient,
        adapter=_describe(cfg, scorer),
    )
    if dist.get_rank() == 0:
        merged = model if isinstance(cfg.adapter, NoAdapter) else model.merge_and_unload()
        save_model(merged.to(merged.dtype), tokenizer, job.run.out / "model")


def find_longest(pairs: Dataset) -> int:
    """Tokens of the longest text of all pairs; columns are read from Arrow, and never become lists."""
    table = pairs.data.table
    return max(int(pc.max(pc.list_value_length(table[side])).as_py()) for side in ("chosen_ids", "rejected_ids"))


def build_scorer(
    base: Path, tokenizer: PreTrainedTokenizerFast, *, seed: int, dtype: str = "float32"
) -> PreTrainedModel:
    """The causal model's body under a fresh scalar head; the pad token tells where a text's last token is."""
    torch.manual_seed(seed)
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        str(base), num_labels=1, dtype=dtype, local_files_only=True
    )
    stamp_tokenizer(model, tokenizer)
    return model


def _describe(cfg: RewardConfig, scorer: PreTrainedModel) -> LoraConfig | None:
    match cfg.adapter:
        case NoAdapter():
            return None
        case LoraAdapter(rank=rank, alpha=alpha, target_modules=targets):
            require_targets("reward.adapter", scorer, targets)
            scorer.score.float()  # the head is trained, too
            return describe_adapter(rank=rank, alpha=alpha, dropout=0.0, target_modules=targets, task_type="SEQ_CLS")
        case _:
            assert_never(cfg.adapter)
