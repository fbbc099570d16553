"""Steps of LoRA tuning as the sft stage makes them beside plain TRL's, on one model and the same rows, in turns.

`python tests/bench/bench_lora.py MODEL_FOLDER` prints medians of tokens/s and their ratio, `--memory` the peak of our
side alone. Both sides have rank 8 on all linear layers, bf16 autocast, batches of eight rows of 256 tokens; one thread.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.peak_memory import read_peak_bytes

ROWS, LENGTH, BATCH, STEPS = 32, 256, 8, 4
LEAST_RATIO = 1.0


def main() -> int:
    """Print both rates; exit 1 when ours is lower."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="measure the peak of ours, and no speed")
    parser.add_argument("--recompute", action="store_true", help="layers are computed again for their gradients")
    parser.add_argument("--micro_batch_tokens", type=int, default=BATCH * LENGTH)
    chosen = parser.parse_args()
    from components.runtime.thread_env import set_thread_env

    set_thread_env()
    import torch
    import torch.distributed as dist
    from torch._C._distributed_c10d import HashStore

    torch.set_num_threads(1)
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    if chosen.memory:
        run_ours(chosen.model, chosen.micro_batch_tokens, recompute=chosen.recompute)
        print(f"peak {read_peak_bytes() / 1e9:.2f} GB")
        return 0
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(chosen.rounds):
        ours += run_ours(chosen.model, chosen.micro_batch_tokens, recompute=chosen.recompute)
        theirs += run_theirs(chosen.model, chosen.micro_batch_tokens, recompute=chosen.recompute)
        print(f"round {number}: {statistics.median(ours):.0f} and {statistics.median(theirs):.0f} tokens/s", flush=True)
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"ours / TRL: {ratio:.2f} (wanted: {LEAST_RATIO})")
    return int(ratio < LEAST_RATIO)


def make_rows() -> Any:
    """Rows that are packed and labelled already."""
    import numpy as np
    from datasets import Dataset

    drawn = np.random.default_rng(0).integers(1000, 40000, (ROWS, LENGTH))
    positions = np.tile(np.arange(LENGTH), (ROWS, 1))
    return Dataset.from_dict({"input_ids": drawn, "labels": drawn, "position_ids": positions})


def run_ours(folder: Path, micro_batch_tokens: int, *, recompute: bool) -> list[float]:
    """Tokens/s of each step but the first."""
    from components.base.curves import read_curves
    from components.base.validation import validate
    from components.parallel.mesh import build_mesh
    from components.runtime.cluster import read_cluster
    from components.runtime.folder import load_folder
    from components.runtime.job import RunPaths, TrainJob
    from components.training.adapters import add_adapter, describe_adapter
    from components.training.config import FineTuningConfig
    from components.training.fine_tuning import FineTuningInputs
    from components.training.trl_door import train_on_rows
    from pipelines.params import read_params

    out = Path(tempfile.mkdtemp())
    sft: Any = read_params().sft
    adamw = {"optimization": sft.training.optimization.model_dump() | {"optimizer": {"kind": "adamw"}}}
    told = sft.training.model_dump() | adamw | {"batch_size": BATCH}
    training: FineTuningConfig = validate(FineTuningConfig, told, where="sft.training")
    where = {
        "micro_batch_tokens": micro_batch_tokens, "activation_checkpointing": recompute, "log_every_steps": 1,
        "checkpoint_every_s": 3600.0,
    }  # fmt: skip
    cluster = read_cluster().train.model_copy(update=where)
    inputs = FineTuningInputs(folder, folder, float(BATCH * LENGTH))
    job = TrainJob("sft", training, 5, inputs, STEPS, RunPaths(out / "run", out), cluster)
    (out / "run").mkdir()
    model, tokenizer = load_folder(folder, "own")
    adapter = describe_adapter(rank=8, alpha=16.0, dropout=0.0, target_modules="all-linear")
    mesh = build_mesh(cluster.parallel)
    train_on_rows(job, training, add_adapter(model, adapter, seed=5), tokenizer, make_rows(), mesh)
    return [float(row["tokens_per_s"]) for row in read_curves(job.run.curves)][1:]


def run_theirs(folder: Path, micro_batch_tokens: int, *, recompute: bool) -> list[float]:
    """The same in TRL's words, with its own optimiser, schedule and loss."""
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from components.training.trl_door import stack_rows

    rates: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *args: Any, **rest: Any) -> None:
            self.since = time.perf_counter()

        def on_step_end(self, *args: Any, **rest: Any) -> None:
            rates.append(BATCH * LENGTH / (time.perf_counter() - self.since))

    micro = micro_batch_tokens // LENGTH
    args = SFTConfig(
        output_dir=tempfile.mkdtemp(), max_steps=STEPS, per_device_train_batch_size=micro,
        gradient_accumulation_steps=BATCH // micro, bf16=True, use_cpu=True, activation_checkpointing=recompute,
        save_strategy="no", report_to=[], disable_tqdm=True, max_length=None, remove_unused_columns=False,
        dataset_kwargs={"skip_prepare_dataset": True},
    )  # fmt: skip
    SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, dtype="auto"),
        args=args,
        data_collator=stack_rows,
        train_dataset=make_rows().with_format("torch"),
        processing_class=AutoTokenizer.from_pretrained(folder),
        peft_config=LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=16, target_modules="all-linear"),
        callbacks=[Clock()],
    ).train()
    return rates[1:]


if __name__ == "__main__":
    sys.exit(main())
