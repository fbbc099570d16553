"""What a machine does to a training stage, told in a line: signals, a full disk, a long path, a lost cluster."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components.base.manifest import write_manifest
from components.base.yaml import read_yaml
from components.runtime.checkpoint_files import find_complete
from tests.stages.clusters import make_cluster
from tests.tiny import make_tokenizer, write_tokens
from tests.trees import copy_tree, environment, run_in

LIMIT_S = 120.0
TINY = Path(__file__).parents[1] / "e2e" / "tiny.yaml"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose next stage is pretraining."""
    tree = copy_tree(tmp_path_factory.mktemp("tree"), overrides=TINY)
    write_tokens(make_tokenizer(), tree / "artifacts" / "tokens")
    write_manifest(tree / "artifacts" / "tokens", {})
    assert run_in(tree, "pipelines", "run", "code").returncode == 0
    return tree


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.ray)])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_stage_with_one_line_and_its_code(
    workers: int, number: signal.Signals, code: int, tree: Path
) -> None:
    name = f"cluster-{workers}-{number}.yaml"
    make_cluster(tree / name, num_workers=workers, storage=f"runs-{workers}-{number}", checkpoint_every_s=0.2)
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "run", "pretrain"],
        cwd=tree, env=environment() | {"CLUSTER": name}, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + LIMIT_S
    while not any(find_complete(run) for run in (tree / f"runs-{workers}-{number}").glob("pretrain-*")):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code, told
    lines = [line for line in told.replace("\r", "\n").splitlines() if line and not line.startswith("pretrain:")]
    assert lines[1:] == ["interrupted: the next `dvc repro` resumes from the last checkpoint"], told
    assert not (tree / "artifacts" / "pretrain").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that holds a few curves and no checkpoint."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("only root may make a file system")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.ray)])
def test_a_full_disk_is_one_line_and_is_not_tried_again(workers: int, tree: Path, small_disk: Path) -> None:
    make_cluster(tree / "full.yaml", num_workers=workers, storage=str(small_disk), max_failures=9)
    done = run_in(tree, "pipelines", "run", "pretrain", timeout_s=LIMIT_S, CLUSTER="full.yaml")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "the disk or its quota is full" in done.stderr.splitlines()[-1]
    assert not (tree / "artifacts" / "pretrain").exists()


@pytest.mark.ray
def test_a_long_temporary_folder_is_no_obstacle(tree: Path, tmp_path: Path) -> None:
    """Ray puts sockets below it, whose paths the kernel limits."""
    folder = tmp_path / ("a-long-name-" * 8)
    folder.mkdir()
    make_cluster(tree / "long.yaml", num_workers=1, storage="long")
    done = run_in(tree, "pipelines", "run", "pretrain", timeout_s=LIMIT_S, CLUSTER="long.yaml", TMPDIR=str(folder))
    assert done.returncode == 0, done.stderr


def test_workers_that_a_private_ray_cannot_hold_are_refused(tree: Path) -> None:
    make_cluster(tree / "wide.yaml", num_workers=3)
    done = run_in(tree, "pipelines", "run", "pretrain", CLUSTER="wide.yaml")
    assert done.returncode == 1
    told = "train.num_workers 3 of train.cpus_per_worker 1 need 3, and the private Ray has ray.num_cpus 2"
    assert done.stderr == f"error: the cluster file: {told}\n"


@pytest.mark.ray
def test_workers_that_find_no_room_in_a_cluster_are_not_waited_for_for_ever(tree: Path) -> None:
    """Here another's Ray stands for the cluster, whose one CPU is too few."""
    make_cluster(tree / "many.yaml", num_workers=2, max_failures=1)
    code = (
        "import os, subprocess, sys, ray; ray.init(address='local', num_cpus=1, include_dashboard=False);"
        "os.environ['RAY_ADDRESS'] = ray.get_runtime_context().gcs_address;"
        "sys.exit(subprocess.run([sys.executable, '-m', 'pipelines', 'run', 'pretrain']).returncode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, timeout=3 * LIMIT_S, check=False,
        env=environment() | {"CLUSTER": "many.yaml", "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "2"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "error: training failed: its workers found no room in the cluster" in done.stderr.splitlines()[-1]


def test_a_cluster_that_is_gone_ends_a_stage_with_one_line(tree: Path) -> None:
    done = run_in(tree, "pipelines", "run", "pretrain", CLUSTER="local", RAY_ADDRESS="127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: Ray at 127.0.0.1:9 does not answer within 10 s")


def test_an_error_that_nobody_foresaw_is_one_line_and_a_file(tree: Path) -> None:
    """As a component of the user's own may raise it, or any library."""
    (tree / "surprise.py").write_text("def run(cfg, *, shared, tokens, out):\n    return 1 / 0\n", encoding="utf-8")
    original = (tree / "params.yaml").read_text(encoding="utf-8")
    params = read_yaml(tree / "params.yaml") | {"pretrain": {"kind": "external", "target": "surprise:run"}}
    YAML(typ="safe").dump(params, tree / "params.yaml")
    done = run_in(tree, "pipelines", "run", "pretrain")
    (tree / "params.yaml").write_text(original, encoding="utf-8")
    assert done.returncode == 1
    assert done.stderr == "error: ZeroDivisionError: division by zero (details: .runs/failure.txt)\n"
    assert "surprise.py" in (tree / ".runs" / "failure.txt").read_text(encoding="utf-8")
