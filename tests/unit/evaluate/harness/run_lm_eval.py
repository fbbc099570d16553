"""lm-eval's own HF backend over pages of a folder, for whoever compares: run by a Python that has lm_eval==0.4.13.

    python run_lm_eval.py FOLDER MODEL OUT.json BATCH_SIZE[,BATCH_SIZE…] PAGE…

Writes the samples of each page, and the seconds that asking took with each batch size, but for reading the model.
"""

import json
import os
import sys
import time
from typing import Any

os.environ["HF_DATASETS_OFFLINE"] = os.environ["HF_HUB_OFFLINE"] = "1"

from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager


def main(folder: str, model: str, out: str, batch_sizes: str, *names: str) -> None:
    os.chdir(folder)
    manager = TaskManager(include_path=folder, include_defaults=False)
    found: dict[str, Any] = {name: {"seconds": {}} for name in names}
    for size in map(int, batch_sizes.split(",")):
        lm = HFLM(pretrained=model, device="cpu", dtype="float32", batch_size=size)
        for name in names:
            begun = time.perf_counter()
            done = simple_evaluate(model=lm, tasks=[name], task_manager=manager, log_samples=True, bootstrap_iters=0)
            found[name]["seconds"][size] = time.perf_counter() - begun
            found[name] |= {"samples": done["samples"][name], "results": done["results"][name]}
    with open(out, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(found, file, default=str)


if __name__ == "__main__":
    main(*sys.argv[1:])
