"""Training over two hosts finds its way between them, and outlives the loss of one that comes back."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.base.curves import read_curves
from components.base.files import read_json
from components.base.manifest import write_manifest
from components.runtime.checkpoint_files import find_complete
from tests.faults.hosts import PORT, Host, two_hosts
from tests.stages.clusters import make_cluster
from tests.tiny import make_tokenizer, write_tokens
from tests.trees import copy_tree, run_in

TINY = Path(__file__).parents[1] / "e2e" / "tiny.yaml"
LIMIT_S = 300.0
STEPS = 200


@pytest.mark.ray
def test_a_run_over_two_hosts_outlives_the_loss_of_one(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path / "tree", overrides=TINY)
    write_tokens(make_tokenizer(), tree / "artifacts" / "tokens")
    write_manifest(tree / "artifacts" / "tokens", {})
    assert run_in(tree, "pipelines", "run", "code").returncode == 0
    ray = {"address": "auto"}
    make_cluster(tree / "two.yaml", ray, num_workers=2, storage=str(tmp_path / "runs"), checkpoint_every_s=0.5)

    with two_hosts(tmp_path) as (head, second):
        run = start_pretraining(head, tree)
        wait_for_checkpoints(tmp_path / "runs", run)
        second.kill()
        second.start_ray("--address", f"{head.address}:{PORT}")
        _, told = run.communicate(timeout=LIMIT_S)

    assert run.returncode == 0, told
    assert "Traceback" not in told
    assert "graceful_shutdown" not in told
    steps = [int(row["step"]) for row in read_curves(tree / "artifacts" / "pretrain" / "curves.csv")]
    assert steps == list(range(1, STEPS + 1))
    assert "a worker was lost" in told
    # Two workers with torch in them, beside the driver.
    assert read_json(tree / "metrics" / "pretrain.json")["peak_memory_gb"] > 0.6


def start_pretraining(head: Host, tree: Path) -> "subprocess.Popen[str]":
    variables = head.variables | {"CLUSTER": "two.yaml", "RAY_ADDRESS": f"{head.address}:{PORT}"}
    return subprocess.Popen(
        head.command(sys.executable, "-m", "pipelines", "run", "pretrain"),
        cwd=tree, env=variables, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def wait_for_checkpoints(runs: Path, run: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + LIMIT_S
    while not any(len(find_complete(folder)) >= 2 for folder in runs.glob("pretrain-*")):
        assert run.poll() is None, run.stderr and run.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
