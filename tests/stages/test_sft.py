"""The sft stage alone, on a random base model and a handful of conversations."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.base.curves import read_curves
from components.base.errors import DataError, DivergenceError, GateError, ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.metrics.figures import Json
from components.quantize.adapters import load_merged
from components.runtime.folder import load_folder
from components.sft.config import SftConfig
from components.text.tokenizer import load_tokenizer
from components.training.trl_door import _PlainTrainer
from pipelines.sft import run
from tests.stages.clusters import write_cluster
from tests.stages.faults import kill_workers_after_a_checkpoint
from tests.stages.tiny_models import OWN_MODELS, PARAMS, read_shared, write_tiny_model
from tests.tiny import write_tokens

LORA: dict[str, Any] = {"kind": "lora", "rank": 4, "alpha": 8.0, "dropout": 0.0, "target_modules": ["q_proj", "v_proj"]}


def tiny_config(**changes: Any) -> SftConfig:
    section = read_yaml(PARAMS)["sft"]
    section["data"] |= {"conversations": 24, "validation_conversations": 4, "max_turns": 2, "pretraining_share": 0.0}
    section["training"] |= {"epochs": 4.0, "batch_size": 4}
    rate = {"learning_rate": changes.pop("learning_rate", 1e-2), "optimizer": {"kind": "adamw"}}
    section["training"]["optimization"] |= rate
    section |= {"seq_len": 256, "evaluation": {"items": 3, "max_new_tokens": 8}, **changes}
    cfg: SftConfig = validate(SftConfig, section, where="sft")
    return cfg


def tune(tmp_path: Path, options: dict[str, Any] | None = None, **changes: Any) -> tuple[Json, Path]:
    pretrain, out = tmp_path / "pretrain", tmp_path / "sft"
    write_tiny_model(pretrain / "model", options=options)
    tokens = write_tokens(load_tokenizer(pretrain / "model"), tmp_path / "tokens")
    out.mkdir()
    cfg = tiny_config(**changes)
    return run(cfg, shared=read_shared(), pretrain=pretrain, tokens=tokens, out=out).to_json(), out


def test_it_learns_in_the_stages_own_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)

    metrics, out = tune(tmp_path)

    assert metrics["val_loss"] < metrics["val_loss_before"] - 0.5
    curves = read_curves(out / "curves.csv")
    assert [int(row["step"]) for row in curves] == list(range(1, metrics["steps"] + 1))
    assert all(float(row["tokens_per_s"]) > 0 for row in read_curves(out / "speed.csv"))
    answers = [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]
    assert {a["style"] for a in answers} == {"cot", "answer_only", "unconstrained"}
    load_folder(out / "model")
    assert not (out / "samples").exists()


@pytest.mark.parametrize(("epochs", "steps"), [(0.3, 3), (5.5, 44)])
def test_a_curve_ends_with_the_last_step(
    epochs: float, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where points lie farther apart than the run is long, and where it is no multiple of their distance."""
    write_cluster(tmp_path, monkeypatch, num_workers=0, log_every_steps=10)
    monkeypatch.setattr("components.training.hf_trainer.count_log_interval", lambda every, total: every)
    metrics, out = tune(tmp_path, training=tiny_config().training.model_dump() | {"epochs": epochs, "batch_size": 2})
    logged = [int(row["step"]) for row in read_curves(out / "curves.csv")]
    assert metrics["steps"] == logged[-1] == steps
    assert len(logged) == -(-steps // 10)


def test_text_of_the_corpus_among_the_rows_keeps_the_model_from_forgetting_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    found = {}
    for share in (0.0, 0.5):
        data = tiny_config().data.model_dump() | {"pretraining_share": share}
        found[share], _ = tune(tmp_path / str(share), data=data)
    plain, mixed = found[0.0], found[0.5]
    assert mixed["corpus_val_loss"] < plain["corpus_val_loss"] - 0.1
    assert mixed["corpus_val_loss_base"] == plain["corpus_val_loss_base"]
    assert mixed["steps"] > 1.5 * plain["steps"]
    assert plain["pretraining_tokens"] == 0 and mixed["pretraining_tokens"] % 256 == 0
    assert mixed["train_tokens"] - mixed["pretraining_tokens"] == plain["train_tokens"]


@pytest.mark.parametrize("name", OWN_MODELS)
def test_models_of_other_options_learn_alike(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    metrics, out = tune(tmp_path, OWN_MODELS[name])
    assert metrics["val_loss"] < metrics["val_loss_before"] - 0.5
    load_folder(out / "model")


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.parametrize("name", OWN_MODELS)
def test_lora_takes_all_linear_layers_of_other_models(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    metrics, out = tune(tmp_path, OWN_MODELS[name], **{**LORA, "target_modules": "all-linear"})
    assert metrics["val_loss"] < metrics["val_loss_before"]
    load_folder(out / "model")


# peft asks transformers by a name that is being replaced; nothing here can ask otherwise.
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_lora_leaves_a_merged_model_and_its_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)

    metrics, out = tune(tmp_path, **LORA)

    assert metrics["val_loss"] < metrics["val_loss_before"]
    merged, _ = load_folder(out / "model")
    from_adapter, _ = load_merged(out / "adapter", "float32")
    for (name, ours), (_, theirs) in zip(merged.named_parameters(), from_adapter.named_parameters(), strict=True):
        assert (ours - theirs).abs().max() < 1e-5, name


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:Setting .save_embedding_layers. to .True.:UserWarning")  # checkpoints keep them
@pytest.mark.parametrize("targets", [["embed_tokens"], ["q_proj", "embed_tokens"]])
def test_lora_on_a_matrix_that_embedding_and_head_share_survives_merging(
    targets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    metrics, out = tune(tmp_path, **{**LORA, "target_modules": targets})
    assert metrics["val_loss"] < metrics["val_loss_before"]
    merged, _ = load_folder(out / "model")
    assert merged.get_input_embeddings().weight is not merged.get_output_embeddings().weight


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_a_merge_that_changes_the_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault as it was: the head follows an embedding that only the input was to learn."""
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    monkeypatch.setattr("components.training.adapters.untie_targets", lambda model, targets: None)
    with warnings.catch_warnings(), pytest.raises(GateError, match="the merged model is not the adapter's"):
        warnings.simplefilter("ignore")  # peft sees it coming, too
        tune(tmp_path, **{**LORA, "target_modules": ["embed_tokens"]})


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("q_porj", "no layer of the model; these do: .*q_proj"),
        ("input_layernorm", "a LlamaRMSNorm, which takes no adapter; these do: .*q_proj"),
        ("lm_head", "the output head, "),
    ],
)
def test_an_adapter_on_what_takes_none_is_refused_before_training(target: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=rf"sft.target_modules: '{target}' is {reason}"):
        tune(tmp_path, **{**LORA, "target_modules": ["q_proj", target]})


@pytest.mark.ray
def test_a_killed_worker_goes_on_from_its_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that holds all; what of several is kept, the reward model's test asks."""
    write_cluster(tmp_path, monkeypatch, num_workers=1)
    with kill_workers_after_a_checkpoint("sft", tmp_path / "sft") as kill:
        metrics, out = tune(tmp_path)
    kill.assert_only_later_steps_were_trained_again(out / "curves.csv", metrics["steps"])
    assert metrics["val_loss"] < metrics["val_loss_before"] - 0.5


def read_losses(
    folder: Path, monkeypatch: pytest.MonkeyPatch, workers: int, **changes: Any
) -> list[tuple[float, float]]:
    """Loss and gradient norm of each step, in float32 and in two portions a step and worker."""
    folder.mkdir()
    write_cluster(folder, monkeypatch, num_workers=workers, micro_batch_tokens=256)
    training = tiny_config().training.model_dump() | {"precision": "fp32", "epochs": 1.0}
    _, out = tune(folder, training=training, **changes)
    return [(float(row["loss"]), float(row["grad_norm"])) for row in read_curves(out / "curves.csv")]


def test_the_loss_without_logits_trains_as_trls_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = read_losses(tmp_path / "ours", monkeypatch, 0)
    monkeypatch.setattr("components.training.trl_door._SumLossTrainer", _PlainTrainer)
    theirs = read_losses(tmp_path / "theirs", monkeypatch, 0)
    assert len(ours) > 3 and np.allclose(ours, theirs, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.parametrize("adapter", [{}, LORA], ids=["full", "lora"])
def test_recomputed_layers_tune_as_kept_ones_do(
    adapter: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves = []
    for recompute in (False, True):
        write_cluster(tmp_path, monkeypatch, num_workers=0, activation_checkpointing=recompute)
        _, out = tune(tmp_path / str(recompute), **adapter)
        curves.append([float(row["loss"]) for row in read_curves(out / "curves.csv")])
    assert np.allclose(curves[0], curves[1], rtol=1e-4)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_the_loss_at_the_head_trains_adapters_as_trls_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = read_losses(tmp_path / "ours", monkeypatch, 0, **LORA)
    monkeypatch.setattr("components.training.trl_door._HeadLossTrainer", _PlainTrainer)
    theirs = read_losses(tmp_path / "theirs", monkeypatch, 0, **LORA)
    assert len(ours) > 3 and np.allclose(ours, theirs, rtol=1e-4)


@pytest.mark.ray
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.parametrize("adapter", [{}, LORA], ids=["full", "lora"])
def test_two_workers_tune_as_one_does(adapter: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the last batch of a pass: where it is not whole, the library fills it up with rows a second time."""
    alone, together = (read_losses(tmp_path / str(n), monkeypatch, n, **adapter)[:-1] for n in (0, 2))
    assert len(alone) >= 3 and np.allclose(alone, together, rtol=1e-5)
    load_folder(tmp_path / "2" / "sft" / "model")


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.ray)])
def test_a_diverged_run_stops_with_its_step(workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=workers, max_failures=3, checkpoint_every_s=3600)
    with pytest.raises(DivergenceError, match=r"^sft: diverged at step \d+: .* is nan; "):
        tune(tmp_path, learning_rate=1e20)
    assert not (tmp_path / "sft" / "model").exists()


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


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.parametrize("kind", ["muon", "adafactor"])
def test_adapters_learn_under_other_optimisers(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    training = tiny_config().training
    optimization = training.optimization.model_dump() | {"optimizer": {"kind": kind}}
    metrics, _ = tune(tmp_path, training=training.model_dump() | {"optimization": optimization}, **LORA)
    assert metrics["val_loss"] < metrics["val_loss_before"]
