"""What `check` says of memory: sizes from configs, refusals with what would fit, estimates beside measured peaks."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.model.size import measure_config, read_size
from components.runtime.cluster import ClusterConfig, InferenceClusterConfig
from components.training.memory import sum_parts
from pipelines import memory
from pipelines.memory import PROCESS_BYTES, check_memory, estimate_memory, find_size
from pipelines.memory_of_stages import Setting
from pipelines.params import STAGES, Params
from pipelines.recipe import overlay
from tests.shapes import VOCABULARY, make_model, make_model_config
from tests.stages.tiny_models import OWN_MODELS
from tests.trees import ROOT, environment

OWN: dict[str, dict[str, Any]] = {
    "a Llama": {},
    "an untied one": {"tie_embeddings": False},
    "an encoder and a decoder": {"architecture": "encoder_decoder"},
    **OWN_MODELS,
}
SMOLLM = {
    "model_type": "llama", "hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9,
    "num_key_value_heads": 3, "intermediate_size": 1536, "vocab_size": 49152, "tie_word_embeddings": True,
    "max_position_embeddings": 8192,
}  # fmt: skip
SEVEN_B = {
    "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "intermediate_size": 11008, "vocab_size": 32000, "tie_word_embeddings": False, "max_position_embeddings": 4096,
}  # fmt: skip
FACTOR = 1.5
"""How far an estimate may be from a measured peak, in either direction."""


def lay_model(folder: Path, fields: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(fields), encoding="utf-8")
    return folder


def make_setting(folder: Path, over: dict[str, Any] | None = None, **train: Any) -> Setting:
    """The default params on a given model, and a cluster file with other fields under `train`."""
    section = read_yaml(ROOT / "params.yaml")
    section["pretrain"] = {key: value for key, value in section["pretrain"].items() if key != "model"}
    section["pretrain"] |= {"kind": "pretrained", "path": str(folder)}
    params: Params = validate(Params, overlay(section, over or {}), where="params")
    cluster = read_yaml(ROOT / "infra" / "clusters" / "local.yaml")
    cluster["train"] |= train
    read: ClusterConfig = validate(ClusterConfig, cluster, where="cluster")
    size = find_size(params)
    assert size is not None
    return Setting(params, read, size)


def count(setting: Setting, stage: str) -> float:
    [(_, need)] = estimate_memory(setting, [stage])
    return sum_parts(need.worker) or sum_parts(need.process)


@pytest.mark.parametrize("name", OWN)
def test_a_models_parameters_follow_from_its_config(name: str) -> None:
    size = measure_config(make_model_config(**OWN[name]), VOCABULARY.size)
    built = make_model(**OWN[name])
    assert size is not None
    assert size.parameters == pytest.approx(sum(p.numel() for p in built.parameters()), rel=0.05)


def test_a_given_models_parameters_are_those_in_its_files_or_follow_from_its_config(tmp_path: Path) -> None:
    told = read_size(lay_model(tmp_path, SMOLLM))
    assert told is not None and told.parameters == pytest.approx(134_515_008, rel=1e-3)
    make_model(num_kv_heads=2).save_pretrained(tmp_path / "own")
    read = read_size(tmp_path / "own")
    assert read is not None and read.stored_bytes == 4
    assert read.parameters == sum(p.numel() for p in make_model(num_kv_heads=2).parameters())
    assert read_size(tmp_path / "absent") is None


def test_what_spares_memory_lowers_the_estimate(tmp_path: Path) -> None:
    base = lay_model(tmp_path, SMOLLM)
    lora = {"kind": "lora", "rank": 16, "alpha": 32.0, "target_modules": "all-linear"}
    sparing: list[tuple[str, Setting]] = [
        ("sft", make_setting(base, micro_batch_tokens=1024)),
        ("sft", make_setting(base, activation_checkpointing=True)),
        ("pretrain", make_setting(base, num_workers=4)),
        ("align", make_setting(base, {"align": {"adapter": lora}})),
        ("evaluate", make_setting(base, {"shared": {"inference": {"dtype": "bfloat16"}}})),
    ]
    for stage, setting in sparing:
        assert count(setting, stage) < 0.95 * count(make_setting(base), stage), stage


def test_what_fits_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "measure_machine", lambda: 64e9)
    setting = make_setting(lay_model(tmp_path, SMOLLM), micro_batch_tokens=2048)
    told = check_memory(setting.params, setting.cluster, STAGES)
    assert told.startswith("memory of a worker of 134.5 M parameters, about, in GB: pretrain ")
    assert "\n" not in told and " · align " in told


def test_what_cannot_fit_is_refused_with_the_figure_and_what_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "measure_machine", lambda: 64e9)
    setting = make_setting(lay_model(tmp_path, SEVEN_B), micro_batch_tokens=512)
    says = r"^sft: about 89\.9 GB do not fit in this machine, which has 64\.0 \(optimizer 27\.5, weights 27\.0, "
    with pytest.raises(ParamsError, match=says) as told:  # of 6.7 G parameters, by Muon
        check_memory(setting.params, setting.cluster, ["sft"])
    assert "it would fit with sft.kind lora (rank 16)" in str(told.value)


def test_a_worker_of_a_cluster_is_held_to_what_the_cluster_file_says_of_it(tmp_path: Path) -> None:
    folder = lay_model(tmp_path, SEVEN_B)
    setting = make_setting(folder, num_workers=4, gpus_per_worker=1, micro_batch_tokens=2048, gpu_memory_gb=24.0)
    away = setting.cluster.model_copy(update={"ray": setting.cluster.ray.model_copy(update={"address": "auto"})})
    with pytest.raises(ParamsError, match=r"a worker's GPU, which has 24\.0 .*train\.num_workers 16"):
        check_memory(setting.params, away, ["sft"])
    unknown = away.model_copy(update={"train": away.train.model_copy(update={"gpu_memory_gb": None})})
    assert "sft" in check_memory(setting.params, unknown, ["sft"])


def test_engines_take_the_policy_that_samples_from_the_workers_and_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = make_setting(lay_model(tmp_path, SMOLLM), num_workers=4, micro_batch_tokens=512)
    asked = setting.cluster.model_copy(update={"inference": InferenceClusterConfig(engines=2)})
    [(_, alone)], [(_, beside)] = (
        list(estimate_memory(setting._replace(cluster=cluster), ["align"])) for cluster in (setting.cluster, asked)
    )
    assert alone.worker["policy that samples"] == setting.size.parameters * 4
    assert "policy that samples" not in beside.worker and "keys and values" not in beside.worker
    assert (alone.engines, beside.engines) == (0, 2)
    assert beside.engine["policy that samples"] == setting.size.parameters * 4
    needed = 4 * sum_parts(beside.worker) + 2 * sum_parts(beside.engine) + 7 * PROCESS_BYTES + memory.RAY_BYTES
    monkeypatch.setattr(memory, "measure_machine", lambda: needed * 0.999)
    with pytest.raises(ParamsError, match=r"align: about .* do not fit in this machine"):
        check_memory(setting.params, asked, ["align"])
    monkeypatch.setattr(memory, "measure_machine", lambda: needed * 1.001)
    check_memory(setting.params, asked, ["align"])


def test_a_model_that_is_not_there_yet_is_said_not_to_be_known(tmp_path: Path) -> None:
    setting = make_setting(lay_model(tmp_path, SMOLLM))
    params = setting.params.model_copy(
        update={"pretrain": setting.params.pretrain.model_copy(update={"path": str(tmp_path / "later")})}
    )
    assert "not estimated" in check_memory(params, setting.cluster, STAGES)


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "model"), [("pretrain", "small"), ("align", "small"), ("pretrain", "tiny")])
def test_an_estimate_is_of_the_order_of_the_measured_peak(stage: str, model: str, tmp_path: Path) -> None:
    program = ["-m", "tests.unit.pipelines.measured_stages", stage, model, str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT, env=environment() | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    estimate = PROCESS_BYTES + max(sum(found["worker"].values()), sum(found["process"].values()))
    assert 1 / FACTOR < estimate / found["peak"] < FACTOR
