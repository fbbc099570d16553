"""Runs the whole graph in each of the folders named, in this one process and under one Ray; a program of the tests.

An argument is a folder and the cluster file that it is run on. A folder that fails leaves `failure.txt`, and the next
is run.
"""

import os
import sys
import time
import traceback
from pathlib import Path

from components.runtime.head import lend_head
from components.runtime.thread_env import set_thread_env
from pipelines.code import run as write_fingerprints
from pipelines.params import STAGES
from pipelines.runner import run_stage


def run_all(folders: dict[Path, str]) -> None:
    set_thread_env()
    with lend_head():
        for folder, cluster in folders.items():
            os.chdir(folder)
            os.environ["CLUSTER"] = cluster
            try:
                run_graph()
            except BaseException:
                (folder / "failure.txt").write_text(traceback.format_exc(), encoding="utf-8")


def run_graph() -> None:
    write_fingerprints()
    for stage in STAGES:
        if stage != "code":
            began = time.monotonic()
            run_stage(stage)
            print(f"{Path.cwd().name:<12} {stage:<12} {time.monotonic() - began:6.1f} s", flush=True)


if __name__ == "__main__":
    run_all({Path(folder).resolve(): cluster for folder, _, cluster in (told.partition("=") for told in sys.argv[1:])})
