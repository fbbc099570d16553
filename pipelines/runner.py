"""Runs one stage: checks its inputs, calls it, and puts its artifact, the record of it and its metrics in place."""

import importlib
import inspect
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil

from components.base.config import Config, ExternalConfig
from components.base.curves import SPEED
from components.base.errors import ParamsError
from components.base.external import import_target
from components.base.files import fresh_folder, read_json, write_json
from components.base.hashing import hash_data
from components.base.manifest import find_record, verify_artifact, write_manifest, write_record
from components.base.memory import PeakMemory
from components.metrics.figures import Json, StageFigures, require_finite
from components.metrics.stages import pick_handed_on
from components.runtime.cluster_memory import count_lent_memory
from components.runtime.process_guard import die_with_parent, hold_lock
from components.runtime.runs import drop_run, key_run
from pipelines.compatibility import check_compatibility
from pipelines.params import read_params

ARTIFACTS = Path("artifacts")
METRICS = Path("metrics")
OWN_ARGUMENTS = ("cfg", "shared", "out")
Stage = Callable[..., StageFigures | Json]
"""A component of the user's own may return its figures as a mapping."""


def run_stage(name: str) -> Json:
    """Run one stage as `dvc repro` does; on any error no artifact and no metrics file is touched."""
    die_with_parent()
    started_at = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    params = read_params()
    check_compatibility(params, [name])
    cfg = getattr(params, name)
    stage = resolve_stage(name, cfg)
    upstream = {stage_name: ARTIFACTS / stage_name for stage_name in find_upstream(stage)}
    with hold_lock(ARTIFACTS / f".{name}.lock", f"stage {name}"), count_lent_memory(), PeakMemory() as peak:
        facts = {
            "stage": name,
            "params": cfg.model_dump(mode="json"),
            "shared": params.shared.model_dump(mode="json"),
            "seed": params.shared.seed,
            "inputs": {key: verify_artifact(path) for key, path in upstream.items()},
            "code": hash_data(read_json(ARTIFACTS / "code" / f"{name}.json")),
            "started_at": started_at.isoformat(timespec="seconds"),
        }
        artifact = ARTIFACTS / name
        with (
            key_run(name, facts) as run_key,
            fresh_folder(find_record(artifact)) as record,
            fresh_folder(artifact) as out,
        ):
            measured = stage(cfg, shared=params.shared, out=out, **upstream)
            metrics = measured.to_json() if isinstance(measured, StageFigures) else dict(measured)
            require_finite(metrics, name)
            metrics |= {
                "wall_s": round(time.time() - started_at.timestamp(), 1),
                "peak_memory_gb": round(peak.gb, 2),
            }
            _move_speed(out, record)
            write_manifest(out, {"stage": name, "metrics": pick_handed_on(name, metrics)})
            costs = {key: metrics[key] for key in ("wall_s", "peak_memory_gb")}
            write_record(record, {**facts, "metrics": metrics, **costs})
        write_json(METRICS / f"{name}.json", metrics)
    drop_run(run_key)
    return metrics


def _move_speed(out: Path, record: Path) -> None:
    """What a training run's clock said is no part of its result."""
    if (out / SPEED).exists():
        (out / SPEED).rename(record / SPEED)


def resolve_stage(name: str, cfg: Config) -> Stage:
    """The stage's own `run`, or the user's callable when the section's kind is `external`."""
    if not isinstance(cfg, ExternalConfig):
        stage: Stage = importlib.import_module(f"pipelines.{name}").run
        return stage
    external: Stage = import_target(cfg.target, f"{name}.target")
    own = find_upstream(importlib.import_module(f"pipelines.{name}").run)
    if find_upstream(external) != own:
        raise ParamsError(f"{name}.target: {cfg.target!r} must take (cfg, *, shared, {', '.join(own)}, out)")
    return external


def find_upstream(stage: Stage) -> tuple[str, ...]:
    """Names of the upstream stages: every argument but cfg, shared and out."""
    return tuple(n for n in inspect.signature(stage).parameters if n not in OWN_ARGUMENTS)
