"""Runs a stage of a model of some size in this process and prints what memory it took, beside what was estimated.

A program of the tests: a peak is that of a whole process.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch

from components.base.config import ExternalConfig
from components.base.files import write_json
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.model.build import Vocabulary
from components.runtime.cluster import read_cluster
from components.runtime.folder import save_model
from pipelines.align import run as align
from pipelines.memory import estimate_memory, find_size
from pipelines.memory_of_stages import Setting
from pipelines.params import Params
from pipelines.pretrain import run as pretrain
from pipelines.recipe import overlay
from pipelines.reward import run as reward
from tests.peak_memory import read_peak_bytes
from tests.shapes import make_model
from tests.stages.clusters import make_cluster
from tests.stages.polite_pairs import write_polite_pairs
from tests.tiny import SHARED, make_tokenizer, write_tokens
from tests.trees import ROOT

WIDTHS = {"tiny": 32, "small": 512}
TOKENIZER = make_tokenizer()


def lay_params(width: int) -> Params:
    """A few steps of a model of four layers."""
    model: dict[str, Any] = {
        "num_layers": 4,
        "hidden_size": width,
        "num_heads": 4,
        "num_kv_heads": 4,
        "max_positions": 512,
    }
    model |= {"feed_forward": {"width": 4 * width}}
    training: dict[str, Any] = {
        "total_tokens": 2048,
        "global_batch_tokens": 1024,
        "precision": "fp32",
        "validation_sequences": 4,
    }
    training |= {"optimization": {"optimizer": {"kind": "adamw"}}}
    over = {
        "tokens": {"vocab_size": len(TOKENIZER), "sentinels": 0},
        "pretrain": {
            "model": model,
            "training": training,
            "evaluation": {"ngram_order": None, "length_tokens": 512, "texts": 2},
        },
        "align": {
            "iterations": 1,
            "rollout": {"prompts_per_iteration": 16, "max_new_tokens": 16},
            "evaluation": {"every_iterations": 1, "prompts": 8},
            "kl_budget": 1e6,
            "reward": {"min_accuracy": 0.0},
        },
        "reward": {"training": {"batch_size": 8, "epochs": 1.0}},
        "sft": {"seq_len": 192},
    }
    params: Params = validate(Params, overlay(read_yaml(ROOT / "params.yaml"), over), where="params")
    return params


def run_stage(stage: str, params: Params, folder: Path) -> None:
    """One of the stages that train, and before alignment the reward that it needs."""
    tokens, sft = write_tokens(TOKENIZER, folder / "tokens"), folder / "sft"
    out, rewarded = folder / "out", folder / "rewarded"
    out.mkdir()
    rewarded.mkdir()
    if stage == "pretrain":
        pretrain(_known(params.pretrain), shared=SHARED, tokens=tokens, out=out)
        return
    vocabulary = Vocabulary(len(TOKENIZER), TOKENIZER.pad_token_id, TOKENIZER.eos_token_id)
    save_model(make_model(vocabulary, **params.pretrain.model_dump()["model"]), TOKENIZER, sft / "model")
    pairs = write_polite_pairs(TOKENIZER, folder / "preferences")
    reward(_known(params.reward), shared=SHARED, sft=sft, preferences=pairs, out=rewarded)
    if stage == "align":
        write_json(rewarded / "manifest.json", {"metrics": {"heldout_accuracy": 0.9}})
        above = {"tokens": tokens, "sft": sft, "preferences": pairs, "reward": rewarded}
        align(_known(params.align), shared=SHARED, **above, out=out)


def _known(section: Any) -> Any:
    assert not isinstance(section, ExternalConfig)
    return section


def main(stage: str, name: str, home: Path) -> None:
    os.chdir(home)
    torch.set_num_threads(2)
    make_cluster(home / "cluster.yaml", num_workers=0, storage=str(home / "runs"), checkpoint_every_s=1e6)
    os.environ["CLUSTER"] = str(home / "cluster.yaml")
    params = lay_params(WIDTHS[name])
    run_stage(stage, params, home)
    peak = read_peak_bytes()
    size = find_size(params)
    assert size is not None
    [(_, need)] = estimate_memory(Setting(params, read_cluster(), size), [stage])
    print(json.dumps({"peak": peak, "worker": need.worker, "process": need.process}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
