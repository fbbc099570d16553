"""One PPO iteration of ours beside one of TRL's PPOTrainer, on the same models and prompts, in turns.

`python tests/bench/bench_ppo.py --trl FOLDER`. TRL dropped PPO after 1.12, so the folder holds that release:
`pip install --no-deps --target FOLDER trl==1.12.0`. Needs the artifacts of sft and reward. Both sides sample 128
responses of at most 64 tokens at temperature 1 and make 2 epochs of 2 minibatches, as params.yaml says; two threads.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

THREADS = 2
LEAST_RATIO = 3.0


def main() -> int:
    """Print medians and their ratio; exit 1 when TRL takes less than three times as long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trl", required=True, type=Path, help="folder with trl 1.12.0")
    parser.add_argument("--iterations", type=int, default=7)
    parser.add_argument("--artifacts", type=Path, default=Path("artifacts"))
    parser.add_argument("--precision", choices=["fp32", "bf16"], help="of ours; that of params.yaml by default")
    parser.add_argument("--value", choices=["network", "head"], help="of ours; TRL has a network of its own")
    parsed = parser.parse_args()
    sys.path.insert(0, str(parsed.trl.resolve()))
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1"}

    from components.runtime.thread_env import set_thread_env

    set_thread_env()
    import torch

    torch.set_num_threads(THREADS)
    loop = make_loop(parsed.artifacts, parsed.precision, parsed.value)
    ours: list[float] = []
    theirs: list[float] = []
    run_in_turns(parsed.artifacts, loop, parsed.iterations, ours, theirs)
    # The first turn of each warms caches up.
    mine, trl = statistics.median(ours[1:]), statistics.median(theirs[1:])
    print(f"ours {mine:.2f} s, TRL 1.12.0 {trl:.2f} s an iteration (medians of {len(ours) - 1})")
    print(f"TRL takes {trl / mine:.2f} times as long (wanted: {LEAST_RATIO})")
    return int(trl / mine < LEAST_RATIO)


def make_loop(artifacts: Path, precision: str | None, value: str | None) -> Any:
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
    from components.runtime.cluster import read_cluster
    from pipelines.params import read_params

    params = read_params()
    cfg: Any = params.align
    precision = precision or cfg.precision
    settings = cfg.value.model_dump() | ({"kind": value} if value else {})
    cfg = validate(type(cfg), cfg.model_dump() | {"value": settings}, where="align")
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    fit = plan_fit(cfg.model_copy(update={"precision": precision}), read_cluster().train, params.shared.seed)
    folders = (artifacts / "sft" / "model", artifacts / "reward" / "model")
    models = PpoModels(*folders, build_mesh(FsdpConfig(kind="fsdp")), fit, value=cfg.value)
    source = build_source(cfg.reward, folders[1], models)
    limit, wanted = cfg.rollout.max_new_tokens, cfg.iterations * cfg.rollout.prompts_per_iteration
    room = read_context(models.config) - limit
    shared, held_out = params.shared, cfg.evaluation.prompts
    prompts = load_prompts(cfg.prompts, shared, models.tokenizer, train=wanted, held_out=held_out, room=room)
    evaluator = PolicyEvaluator(models, source, prompts.held_out, [], limit, shared.seed)
    return PpoTrainee(cfg, models, prompts.train, evaluator, shared.seed)


def run_in_turns(artifacts: Path, loop: Any, iterations: int, ours: list[float], theirs: list[float]) -> None:
    """TRL calls back after each of its iterations; one of ours is run there."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, TrainerCallback
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    from components.text.tokenizer import load_tokenizer

    cfg = loop.cfg

    class Turns(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, *args: Any, **rest: Any) -> None:
            self.since = time.perf_counter()

        def on_step_end(self, *args: Any, **rest: Any) -> None:
            theirs.append(time.perf_counter() - self.since)
            begun = time.perf_counter()
            loop.update(len(ours) + 1)
            ours.append(time.perf_counter() - begun)
            tokens = loop._figures["response_tokens"]
            print(f"turn {len(ours)}: ours {ours[-1]:.2f} s, TRL {theirs[-1]:.2f} s ({tokens:.0f} tokens a response)")
            self.since = time.perf_counter()

    def read_scorer() -> Any:
        return AutoModelForSequenceClassification.from_pretrained(artifacts / "reward" / "model", num_labels=1)

    def read_policy() -> Any:
        return AutoModelForCausalLM.from_pretrained(artifacts / "sft" / "model")

    tokenizer = load_tokenizer(artifacts / "sft" / "model")
    tokenizer.padding_side = "left"  # as TRL's generation wants it
    trainer = PPOTrainer(
        args=PPOConfig(**trl_settings(cfg, iterations)),
        processing_class=tokenizer,
        model=read_policy(),
        ref_model=read_policy(),
        reward_model=read_scorer(),
        value_model=read_scorer(),
        train_dataset=Dataset.from_list([{"input_ids": prompt.ids} for prompt in loop.prompts]),
        eval_dataset=Dataset.from_list([{"input_ids": prompt.ids} for prompt in loop.evaluator.prompts]),
        callbacks=[Turns()],
    )
    trainer.train()


def trl_settings(cfg: Any, iterations: int) -> dict[str, Any]:
    """The same run in TRL's words, whose batch of a device is all of an iteration."""
    batch = cfg.rollout.prompts_per_iteration
    return {
        "output_dir": tempfile.mkdtemp(),
        "per_device_train_batch_size": batch,
        "gradient_accumulation_steps": 1,
        "num_mini_batches": cfg.update.minibatches,
        "num_ppo_epochs": cfg.update.epochs,
        "total_episodes": iterations * batch,
        "local_rollout_forward_batch_size": 64,
        "response_length": cfg.rollout.max_new_tokens,
        "temperature": 1.0,
        "stop_token": "eos",
        "missing_eos_penalty": cfg.rollout.missing_eos_penalty,
        "learning_rate": cfg.optimization.learning_rate,
        "kl_coef": cfg.kl.coefficient,
        "num_sample_generations": 0,
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "report_to": [],
        "disable_tqdm": True,
        "save_strategy": "no",
    }


if __name__ == "__main__":
    sys.exit(main())
