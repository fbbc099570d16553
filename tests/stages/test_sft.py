"""The sft stage alone, on a random base model and a handful of conversations."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from components.base.errors import DataError, ParamsError
from components.base.metrics import Metrics, read_curves
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.quantize.adapters import load_merged
from components.runtime.folder import load_folder
from components.sft.config import SftConfig
from pipelines.sft import run
from tests.stages.tiny_models import OWN_MODELS, PARAMS, read_shared, write_tiny_model

LORA: dict[str, Any] = {"kind": "lora", "rank": 4, "alpha": 8.0, "dropout": 0.0, "target_modules": ["q_proj", "v_proj"]}


def tiny_config(**changes: Any) -> SftConfig:
    section = read_yaml(PARAMS)["sft"]
    section["data"] |= {"conversations": 24, "validation_conversations": 4, "max_turns": 2}
    section["training"] |= {
        "epochs": 4.0, "batch_size": 4, "micro_batch_size": 2, "learning_rate": 1e-2,
        "log_every_steps": 1, "checkpoint_every_steps": 3,
    }  # fmt: skip
    section |= {"seq_len": 256, "exam": {"problems": 3, "max_new_tokens": 8}, **changes}
    cfg: SftConfig = validate(SftConfig, section, where="sft")
    return cfg


def tune(tmp_path: Path, options: dict[str, Any] | None = None, **changes: Any) -> tuple[Metrics, Path]:
    pretrain, out = tmp_path / "pretrain", tmp_path / "sft"
    write_tiny_model(pretrain / "model", options=options)
    out.mkdir()
    return run(tiny_config(**changes), shared=read_shared(), pretrain=pretrain, out=out), out


def test_it_learns_in_the_stages_own_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER", "inprocess")
    monkeypatch.chdir(tmp_path)

    metrics, out = tune(tmp_path)

    assert metrics["val_loss"] < metrics["val_loss_before"] - 0.5
    curves = read_curves(out / "curves.csv")
    assert [int(row["step"]) for row in curves] == list(range(1, metrics["steps"] + 1))
    assert all(float(row["tokens_per_s"]) > 0 for row in curves)
    answers = [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]
    assert {a["style"] for a in answers} == {"steps", "direct", "plain"}
    load_folder(out / "model")
    assert not (out / "rows").exists()


@pytest.mark.parametrize("name", OWN_MODELS)
def test_models_of_other_options_learn_alike(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER", "inprocess")
    monkeypatch.chdir(tmp_path)
    metrics, out = tune(tmp_path, OWN_MODELS[name])
    assert metrics["val_loss"] < metrics["val_loss_before"] - 0.5
    load_folder(out / "model")


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.parametrize("name", OWN_MODELS)
def test_lora_takes_all_linear_layers_of_other_models(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTER", "inprocess")
    monkeypatch.chdir(tmp_path)
    metrics, out = tune(tmp_path, OWN_MODELS[name], **{**LORA, "target_modules": "all-linear"})
    assert metrics["val_loss"] < metrics["val_loss_before"]
    load_folder(out / "model")


# peft asks transformers by a name that is being replaced; nothing here can ask otherwise.
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_lora_leaves_a_merged_model_and_its_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER", "inprocess")
    monkeypatch.chdir(tmp_path)

    metrics, out = tune(tmp_path, **LORA)

    assert metrics["val_loss"] < metrics["val_loss_before"]
    merged, _ = load_folder(out / "model")
    from_adapter, _ = load_merged(out / "adapter")
    for (name, ours), (_, theirs) in zip(merged.named_parameters(), from_adapter.named_parameters(), strict=True):
        assert (ours - theirs).abs().max() < 1e-5, name


@pytest.mark.ray
def test_a_killed_worker_goes_on_from_its_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before: list[dict[str, str]] = []
    curves = tmp_path / "sft" / "curves.csv"
    killer = threading.Thread(target=kill_worker_after, args=(curves, 5, before), daemon=True)
    killer.start()

    metrics, _ = tune(tmp_path)

    killer.join(timeout=1)
    assert not killer.is_alive(), "no worker was killed"
    assert metrics["val_loss"] < metrics["val_loss_before"] - 0.5
    after = read_curves(curves)
    assert [int(row["step"]) for row in after] == list(range(1, metrics["steps"] + 1))
    assert after[:3] == before[:3], "steps before the checkpoint were trained again"


def kill_worker_after(curves: Path, step: int, seen: list[dict[str, str]]) -> None:
    """Wait for the step to be logged, then end the training worker as a lost machine would."""
    while len(rows := read_curves(curves)) < step:
        time.sleep(0.02)
    seen += rows
    for process in psutil.Process().children(recursive=True):
        if any("RayTrainWorker" in part for part in process.cmdline()):
            process.kill()


def test_a_malformed_conversation_stops_the_stage_with_file_and_line(tmp_path: Path) -> None:
    data = tmp_path / "mine.jsonl"
    good = [{"prompt": f"Hi {i}", "completion": "Hello"} for i in range(12)]
    bad = {"messages": [{"role": "assistant", "content": "Hello"}, {"role": "robot", "content": "Beep"}]}
    data.write_text("".join(json.dumps(row) + "\n" for row in (*good, bad)))

    with pytest.raises(DataError, match=r"mine\.jsonl:13: .*robot"):
        tune(tmp_path, data={"kind": "jsonl", "path": str(data), "validation_fraction": 0.5})


def test_rows_longer_than_the_model_reads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"sft\.seq_len: 300 is over the model's context of 256 tokens"):
        tune(tmp_path, seq_len=300)
