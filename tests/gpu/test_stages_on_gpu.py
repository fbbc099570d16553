"""Each stage that runs a model, on a real accelerator; skipped where there is none."""

from pathlib import Path

import pytest
import torch

from components.runtime.folder import load_folder
from pipelines import evaluate, quantize
from tests.stages import test_align, test_evaluate, test_pretrain, test_quantize, test_reward, test_sft
from tests.stages.clusters import write_cluster
from tests.tiny import SHARED, make_tokenizer, write_model, write_tokens

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no accelerator here"),
]
WORKERS = [pytest.param({"num_workers": 0}, id="in process")]
if torch.cuda.device_count():
    on_ray = {"num_workers": torch.cuda.device_count(), "gpus_per_worker": 1}
    WORKERS.append(pytest.param(on_ray, id="a worker a GPU", marks=pytest.mark.ray))


@pytest.fixture(params=WORKERS)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_cluster(tmp_path, monkeypatch, ray={"num_gpus": torch.cuda.device_count()}, **request.param)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_pretraining(folder: Path) -> None:
    _, out = test_pretrain.pretrain(test_pretrain.make_config(), folder)
    curve = test_pretrain.losses(out)
    assert curve[-1] < curve[0] - 0.5


def test_instruction_tuning(folder: Path) -> None:
    metrics, _ = test_sft.tune(folder)
    assert metrics["val_loss"] < metrics["val_loss_before"] - 0.5


def test_reward_modelling(folder: Path) -> None:
    metrics, out = test_reward.learn(folder)
    test_reward.check_learned(metrics, out)


def test_ppo(folder: Path) -> None:
    metrics, _ = test_align.align(folder, test_align.make_config())
    assert metrics["rollout_logprob_gap"] < 1e-3


def test_quantization(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    align, tokens = write_model(tokenizer, tmp_path / "align"), write_tokens(tokenizer, tmp_path / "tokens")
    cfg = test_quantize.make_config()
    metrics = quantize.run(cfg, shared=SHARED, align=align, tokens=tokens, out=tmp_path / "quantize").to_json()
    assert abs(metrics["val_loss_rise"]) < 0.01
    assert load_folder(align / "model")[0].device.type == "cuda"


def test_evaluation(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    cfg = test_evaluate.make_config()
    metrics = evaluate.run(cfg, shared=SHARED, out=tmp_path / "out", **test_evaluate.write_stages(tmp_path)).to_json()
    assert set(metrics["table"]) == {"base", "sft", "aligned", "int8"}
