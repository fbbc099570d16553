"""One tiny run of the whole graph, shared by all tests of this folder."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.stages.clusters import make_cluster
from tests.trees import copy_tree, environment, run_in

TINY = Path(__file__).parent / "tiny.yaml"
LIMIT_S = 900.0


@dataclass(frozen=True)
class Runs:
    """What is left of three runs of `dvc repro` in one tree.

    The first, on a local Ray, is interrupted; the second goes on from it in the stages' own processes, for
    where a run happens decides nothing; the third, on a local Ray again, has nothing to do.
    """

    tree: Path
    left_by_interrupt: set[str]
    checkpoint_step: int
    second: subprocess.CompletedProcess[str]
    third: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    tree = copy_tree(tmp_path_factory.mktemp("tiny"), overrides=TINY)
    write_pairs(tree / "pairs.jsonl")
    make_cluster(tree / "often.yaml", num_workers=1, checkpoint_every_s=0.5)
    step = interrupt_pretraining(tree)
    left = {path.name for folder in ("artifacts", "metrics") for path in (tree / folder).iterdir()}
    second = run_in(tree, "dvc", "repro", timeout_s=LIMIT_S, CLUSTER="inprocess")
    third = run_in(tree, "dvc", "repro", timeout_s=LIMIT_S)
    return Runs(tree, left, step, second, third)


def write_pairs(path: Path) -> None:
    """Preferences for right sums over wrong ones."""
    sums = [(a, b) for a in range(2, 12) for b in range(2, 12)]
    rows = [
        {"prompt": f"What is {a} + {b}?", "chosen": f"The answer is {a + b}.", "rejected": f"The answer is {a * b}."}
        for a, b in sums
        if a + b != a * b
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def interrupt_pretraining(tree: Path) -> int:
    """Press Ctrl-C once the first checkpoint is complete; returns that checkpoint's step."""
    with (tree / "first.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", "pretrain"],
            cwd=tree, env=environment() | {"CLUSTER": "often.yaml"}, start_new_session=True,
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    deadline = time.monotonic() + LIMIT_S
    while not (marks := sorted((tree / ".runs").glob("pretrain-*/step_*/complete.json"))):
        told = (tree / "first.log").read_text(encoding="utf-8")[-3000:]
        assert process.poll() is None, f"the run ended before its first checkpoint:\n{told}"
        assert time.monotonic() < deadline, f"no checkpoint in {LIMIT_S:.0f} s:\n{told}"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=120)
    assert process.returncode != 0
    return int(marks[-1].parent.name.removeprefix("step_"))
