"""What a training worker of this room does: a scalar head on the sft model, trained on pairs."""

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import torch
from datasets import Dataset
from peft import PeftModel
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerFast

from components.model.config import Dtype
from components.parallel.fsdp import copy_share
from components.reward.config import RewardConfig
from components.runtime.folder import DTYPES, save_model, stamp_tokenizer
from components.runtime.outline import Outline, outline_scorer
from components.runtime.sharded_save import save_sharded
from components.text.tokenizer import load_tokenizer
from components.training.adapter_targets import require_targets
from components.training.adapters import add_adapter, collect_adapted, describe_adapter
from components.training.config import LoraAdapter, NoAdapter
from components.training.fine_tuning import FineTuningJob
from components.training.placement import place_model
from components.training.trl_door import open_samples, train_on_pairs

HEAD = "score"
"""What the library calls the scalar head of every family."""


def train(job: FineTuningJob[RewardConfig]) -> None:
    """Train on the pairs; the first worker writes `out/model`."""
    cfg, base, pairs = job.cfg, job.inputs.base, open_samples(job.inputs.samples)
    tokenizer = load_tokenizer(base)
    dtype: Dtype = "own" if isinstance(cfg.adapter, LoraAdapter) and cfg.training.precision == "bf16" else "float32"
    outline = outline_scorer(base, dtype) or Outline.whole(read_scorer(base, dtype))
    stamp_tokenizer(outline.model, tokenizer)  # the pad token tells where a text's last token is
    network = _adapt(outline.model, cfg, job.seed)
    mesh = place_model(network, job, cfg.training)
    outline.fill()
    draw_head(network, outline.model, job.seed)
    trained: Any = train_on_pairs(
        job,
        cfg.training,
        network,
        tokenizer,
        pairs,
        mesh,
        longest=find_longest(pairs),
        center_rewards_coefficient=cfg.center_rewards_coefficient,
    )
    out = job.run.out / "model"
    if isinstance(cfg.adapter, NoAdapter):
        save_sharded(trained, tokenizer, out, mesh)
    else:
        whole = collect_adapted(trained, mesh, lambda: _read_adapted(base, tokenizer, cfg, job.seed, dtype))
        if whole is not None:
            merged = whole.merge_and_unload()
            save_model(merged.to(merged.dtype), tokenizer, out)
    mesh.wait_for_all()


def find_longest(pairs: Dataset) -> int:
    """Tokens of the longest text of all pairs; columns are read from Arrow, and never become lists."""
    table = pairs.data.table
    return max(int(pc.max(pc.list_value_length(table[side])).as_py()) for side in ("chosen_ids", "rejected_ids"))


def read_scorer(base: Path, dtype: Dtype) -> PreTrainedModel:
    """The causal model's body under a scalar head, read whole."""
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        str(base), num_labels=1, dtype=DTYPES[dtype], local_files_only=True
    )
    return model


def draw_head(network: nn.Module, scorer: PreTrainedModel, seed: int) -> None:
    """The head's random weights, as the library draws those that a file lacks; the same on every worker."""
    heads = [module for name, module in network.named_modules() if HEAD in name.split(".")]
    held = [module for module in heads if isinstance(module, nn.Linear)]
    fresh = nn.Linear(held[0].in_features, held[0].out_features, bias=False)
    torch.manual_seed(seed)
    scorer._init_weights(fresh)
    for module in held:
        copy_share(module.weight, fresh.weight)


def _adapt(scorer: PreTrainedModel, cfg: RewardConfig, seed: int) -> Any:
    """The scorer, under an adapter where the params ask for one; its head is trained in any case."""
    match cfg.adapter:
        case NoAdapter():
            return scorer
        case LoraAdapter(rank=rank, alpha=alpha, target_modules=targets):
            require_targets("reward.adapter", scorer, targets)
            scorer.score.float()
            described = describe_adapter(
                rank=rank, alpha=alpha, dropout=0.0, target_modules=targets, task_type="SEQ_CLS"
            )
            return add_adapter(scorer, described, seed)


def _read_adapted(
    base: Path, tokenizer: PreTrainedTokenizerFast, cfg: RewardConfig, seed: int, dtype: Dtype
) -> PeftModel:
    scorer = read_scorer(base, dtype)
    stamp_tokenizer(scorer, tokenizer)
    adapted = _adapt(scorer, cfg, seed)
    assert isinstance(adapted, PeftModel)
    return adapted
