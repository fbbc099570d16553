"""The most memory that one PPO iteration takes: a chat model with LoRA, 32 prompts, answers of up to 128 tokens.

`python tests/bench/bench_ppo_memory.py MODEL_FOLDER` prints gigabytes of this process, where policy, reward and engine
all are; exit 1 above the bound. Params are those of `pipelines/recipes/real.yaml`, but for one epoch (two take
no more); the cluster file is `frugal.yaml`. The reward model is a fresh head on the same model: its size counts.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.peak_memory import read_peak_bytes

PROMPTS, TOKENS = 32, 128
MOST_GB = 3.0


def main() -> int:
    """Print the peak after each step; exit 1 when it is over the bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--cluster", default="infra/clusters/frugal.yaml", help="cluster file")
    parser.add_argument("--write_reward", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    os.environ["CLUSTER"] = str(Path(chosen.cluster).resolve())
    if chosen.write_reward:
        return write_reward(chosen.model, chosen.write_reward)
    with tempfile.TemporaryDirectory() as folder:
        reward = Path(folder) / "reward"
        # In a process of its own, for a peak is that of a whole process.
        subprocess.run([sys.executable, __file__, str(chosen.model), "--write_reward", str(reward)], check=True)
        return measure(chosen.model, reward)


def write_reward(model: Path, folder: Path) -> int:
    """The model's body under a scalar head."""
    from components.reward.worker import read_scorer
    from components.runtime.folder import save_model, stamp_tokenizer
    from components.text.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(model)
    scorer = read_scorer(model, "own")
    stamp_tokenizer(scorer, tokenizer)
    save_model(scorer, tokenizer, folder)
    return 0


def measure(model: Path, reward: Path) -> int:
    """One iteration: sample, judge, learn. Peaks are printed as it goes."""
    import torch

    from components.runtime.cluster import read_cluster

    cluster = read_cluster().train
    torch.set_num_threads(cluster.threads_per_worker)
    imported = say_peak("libraries")
    loop = make_loop(model, reward, cluster)
    say_peak("networks")
    loop.update(1)
    peak = say_peak(f"one iteration ({loop._figures['response_tokens']:.0f} tokens an answer)")
    print(f"{peak:.2f} GB at the peak, of which libraries {imported:.2f} (wanted: {MOST_GB} at most)")
    return int(peak > MOST_GB)


def say_peak(what: str) -> float:
    """Gigabytes at the peak so far."""
    peak = read_peak_bytes() / 1e9
    print(f"{peak:6.2f} GB after {what}", flush=True)
    return peak


def make_loop(model: Path, reward: Path, cluster: Any) -> Any:
    """Our loop as the stage builds it, in this process."""
    import torch.distributed as dist
    from torch._C._distributed_c10d import HashStore

    from components.align.evaluation import PolicyEvaluator
    from components.align.models import PpoModels, plan_fit
    from components.align.online import PpoTrainee
    from components.align.prompts import load_prompts
    from components.align.rewards import build_source
    from components.base.validation import validate
    from components.model.capabilities import read_context
    from components.parallel.config import FsdpConfig
    from components.parallel.mesh import build_mesh
    from pipelines.params import Params
    from pipelines.recipe import merge_recipe, read_recipe

    rollout = f"align.rollout={{prompts_per_iteration: {PROMPTS}, max_new_tokens: {TOKENS}, missing_eos_penalty: 1.0}}"
    params: Params = validate(
        Params, merge_recipe(read_recipe("real"), [rollout, "align.update.epochs=1"])[1], where="recipe"
    )
    cfg: Any = params.align
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    fit = plan_fit(cfg, cluster, params.shared.seed)
    models = PpoModels(model, reward, build_mesh(FsdpConfig(kind="fsdp")), fit, value=cfg.value)
    source = build_source(cfg.reward, reward, models)
    room = read_context(models.config) - TOKENS
    prompts = load_prompts(cfg.prompts, params.shared, models.tokenizer, train=PROMPTS, held_out=4, room=room)
    evaluator = PolicyEvaluator(models, source, prompts.held_out, [], TOKENS, params.shared.seed)
    return PpoTrainee(cfg, models, prompts.train, evaluator, params.shared.seed)


if __name__ == "__main__":
    sys.exit(main())
