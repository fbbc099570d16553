"""The pretrain stage alone, on a few word problems: in one process, on Ray workers, and when one is killed."""

import time
from pathlib import Path
from typing import Any

import pytest

from components.base.curves import read_curves
from components.base.errors import ArtifactError, DataError, DivergenceError, ParamsError, PipelineError
from components.base.files import read_json
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.metrics.figures import Json
from components.pretrain.config import PretrainConfig
from components.pretrain.worker import Pretraining
from components.runtime.checkpoint import Checkpointer
from components.runtime.checkpoint_files import find_complete, find_sound, read_step, verify
from components.runtime.folder import load_folder
from components.runtime.runs import find_run_folder, find_run_key
from components.shards.reader import ShardSet
from components.text.sentinels import add_sentinels
from pipelines.pretrain import run
from tests.stages.clusters import write_cluster
from tests.stages.faults import kill_workers_after_a_checkpoint
from tests.tiny import SHARED, make_tokenizer, write_model, write_tokens

PARAMS = Path(__file__).parents[2] / "params.yaml"
TOKENIZER = make_tokenizer()
add_sentinels(TOKENIZER, 16)


def make_config(**training: Any) -> dict[str, Any]:
    section: dict[str, Any] = read_yaml(PARAMS)["pretrain"]
    section["model"] |= {"num_layers": 2, "hidden_size": 32, "num_heads": 2, "num_kv_heads": 2}
    section["model"]["feed_forward"] |= {"width": 96}
    section["evaluation"] |= {
        "ngram_order": 3, "texts": 4, "continued_tokens": 4, "infilled_tokens": 4, "length_tokens": 512
    }  # fmt: skip
    section["training"] |= {
        "total_tokens": 5120, "global_batch_tokens": 256, "seq_len": 64, "precision": "fp32",
        "validate_every_steps": 10, "validation_sequences": 8,
        **training,
    }  # fmt: skip
    return section


def pretrain(section: dict[str, Any], folder: Path) -> tuple[Json, Path]:
    tokens = folder / "tokens"
    if not tokens.exists():
        write_tokens(TOKENIZER, tokens)
    out = folder / "pretrain"
    out.mkdir(exist_ok=True)
    cfg: PretrainConfig = validate(PretrainConfig, section, where="pretrain")
    return run(cfg, shared=SHARED, tokens=tokens, out=out).to_json(), out


def losses(out: Path) -> list[float]:
    return [float(row["loss"]) for row in read_curves(out / "curves.csv")]


@pytest.fixture
def inprocess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    return tmp_path


@pytest.mark.parametrize("drawn_whole", [4_000_000, 0])
def test_the_loss_falls_and_the_model_is_a_plain_llama_folder(
    drawn_whole: int, inprocess: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.pretrain.build.DRAWN_WHOLE", drawn_whole)
    metrics, out = pretrain(make_config(), inprocess)
    curve = losses(out)
    assert len(curve) == 20
    assert curve[-1] < curve[0] - 0.5
    model, tokenizer = load_folder(out / "model")
    assert model.config.model_type == "llama"
    assert len(tokenizer) == model.config.vocab_size
    assert metrics["val_loss"] == pytest.approx(float(read_curves(out / "curves.csv")[-1]["val_loss"]), rel=0.1)
    assert 0 < metrics["ngram_bits_per_byte"] < metrics["bits_per_byte"]


VARIANTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a prefix decoder": ({"architecture": "prefix_decoder"}, "prefix_lm", "ontogeny_decoder"),
    "UL2's mixture": ({"architecture": "prefix_decoder"}, "mixture_of_denoisers", "ontogeny_decoder"),
    "T5": (
        {"architecture": "encoder_decoder", "position": {"kind": "t5_relative"}, "num_layers": 1},
        "span_corruption",
        "t5",
    ),
    "Mixtral": ({"feed_forward": {"kind": "top2", "width": 48, "experts": 2}}, "language_modeling", "mixtral"),
    "a Qwen3 of the library": (
        {
            "architecture": "transformers",
            "config": {
                "model_type": "qwen3", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
                "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 512,
            },
        },
        "language_modeling",
        "qwen3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_other_models_and_objectives_learn_and_are_saved_in_their_own_form(name: str, inprocess: Path) -> None:
    options, objective, model_type = VARIANTS[name]
    section = make_config()
    section["model"] = options if options.get("architecture") == "transformers" else section["model"] | options
    section["objective"]["kind"] = objective
    metrics, out = pretrain(section, inprocess)
    assert losses(out)[-1] < losses(out)[0] - 0.3
    assert read_json(out / "model" / "config.json")["model_type"] == model_type
    assert 0 <= metrics["continuation"]["match"] <= 1
    assert ("infilling" in metrics) == (objective in ("span_corruption", "mixture_of_denoisers"))
    assert ("bits_per_byte" in metrics) == (model_type != "t5")


def test_a_causal_model_learns_to_read_its_prefix_in_both_directions(inprocess: Path) -> None:
    given = write_model(TOKENIZER, inprocess / "given")
    section = make_config() | {"kind": "pretrained", "path": str(given / "model"), "convert_to": "prefix_decoder"}
    del section["model"]
    section["objective"]["kind"] = "prefix_lm"
    _, out = pretrain(section, inprocess)
    model, _ = load_folder(out / "model")
    assert model.config.prefix_attention
    assert losses(out)[-1] < losses(out)[0] - 0.3


def test_a_mask_objective_is_shared_by_workers_to_the_same_losses(inprocess: Path, monkeypatch: Any) -> None:
    section = make_config()
    section["objective"]["kind"] = "prefix_lm"
    whole = losses(pretrain(section, inprocess / "a")[1])
    write_cluster(inprocess, monkeypatch, num_workers=0, micro_batch_tokens=64)
    assert losses(pretrain(section, inprocess / "b")[1]) == pytest.approx(whole, abs=1e-4)


def test_a_field_that_an_architecture_lacks_is_refused(inprocess: Path) -> None:
    section = make_config()
    section["model"] = {"architecture": "transformers", "config": {"model_type": "qwen3", "hiden_size": 32}}
    with pytest.raises(ParamsError, match="qwen3 has no field 'hiden_size'"):
        pretrain(section, inprocess)
    section["model"]["config"] = {"model_type": "vit"}
    with pytest.raises(ParamsError, match="'vit' is no causal architecture of transformers"):
        pretrain(section, inprocess)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    section["model"]["config"] = {"model_type": "bert", **sizes}
    with pytest.raises(ParamsError, match="bert is not causal so: a later token changes what is predicted before it"):
        pretrain(section, inprocess)


def test_an_interrupted_run_resumes_to_the_same_losses(inprocess: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = losses(pretrain(make_config(), inprocess / "a")[1])
    update = Pretraining.update

    def interrupt_at_ten(self: Pretraining, step: int) -> None:
        if step == 10:
            raise KeyboardInterrupt
        update(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Pretraining, "update", interrupt_at_ten)
        with pytest.raises(KeyboardInterrupt):
            pretrain(make_config(), inprocess / "b")
    resumed = losses(pretrain(make_config(), inprocess / "b")[1])
    assert resumed == pytest.approx(undisturbed, abs=1e-5)


def test_gradient_accumulation_changes_nothing(inprocess: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = losses(pretrain(make_config(), inprocess / "a")[1])
    write_cluster(inprocess, monkeypatch, num_workers=0, micro_batch_tokens=64)
    assert losses(pretrain(make_config(), inprocess / "b")[1]) == pytest.approx(whole, abs=1e-4)


def test_a_given_model_is_taken_up_and_trained_further(inprocess: Path) -> None:
    given = write_model(TOKENIZER, inprocess / "given")
    section = make_config() | {"kind": "pretrained", "path": str(given / "model")}
    del section["model"]
    curve = losses(pretrain(section, inprocess)[1])
    assert curve[-1] < curve[0] - 0.5


def test_a_given_model_of_another_tokenizer_is_refused(inprocess: Path) -> None:
    given = write_model(make_tokenizer(300), inprocess / "given")
    section = make_config() | {"kind": "pretrained", "path": str(given / "model")}
    del section["model"]
    with pytest.raises(ArtifactError, match="its tokenizer is not that of the tokens artifact"):
        pretrain(section, inprocess)


def test_a_batch_that_cannot_be_shared_is_refused(inprocess: Path) -> None:
    with pytest.raises((PipelineError, ParamsError), match="cannot share equally"):
        pretrain(make_config(global_batch_tokens=32), inprocess)


def test_a_split_without_one_sequence_is_refused(inprocess: Path) -> None:
    with pytest.raises(DataError, match=r"tokens/train: \d+ tokens are less than one sequence of 100000"):
        pretrain(make_config(seq_len=100_000, global_batch_tokens=100_000), inprocess)


def test_a_flipped_bit_in_a_shard_is_refused_by_name(inprocess: Path) -> None:
    write_tokens(TOKENIZER, inprocess / "tokens")
    shard = ShardSet(inprocess / "tokens", "train").paths[0]
    data = bytearray(shard.read_bytes())
    data[-5] ^= 1
    shard.write_bytes(data)
    with pytest.raises(ArtifactError, match=shard.name):
        pretrain(make_config(), inprocess)


@pytest.mark.ray
def test_two_workers_give_the_losses_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    alone = losses(pretrain(make_config(), tmp_path / "a")[1])
    write_cluster(tmp_path, monkeypatch, num_workers=2)
    assert losses(pretrain(make_config(), tmp_path / "b")[1]) == pytest.approx(alone, abs=1e-4)


@pytest.mark.ray
def test_a_killed_worker_goes_on_from_its_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=1)
    with kill_workers_after_a_checkpoint("pretrain", tmp_path / "pretrain") as kill:
        _, out = pretrain(make_config(total_tokens=256 * 120), tmp_path)
    kill.assert_only_later_steps_were_trained_again(out / "curves.csv", 120)
    assert losses(out)[-1] < losses(out)[0] - 0.5


@pytest.mark.ray
def test_a_refusal_made_on_a_worker_comes_back_as_it_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=2, max_failures=9)
    with pytest.raises(PipelineError, match=r"^pretrain.training: .* which 2 workers cannot share equally$"):
        pretrain(make_config(global_batch_tokens=192), tmp_path)


def test_a_truncated_checkpoint_is_named_and_the_one_before_it_taken(inprocess: Path) -> None:
    pretrain(make_config(total_tokens=256 * 9), inprocess)
    run_folder = find_run_folder(find_run_key("pretrain", inprocess / "pretrain"))
    previous, folder = find_complete(run_folder)
    file = next(folder.glob("*.distcp"))
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(ArtifactError, match=rf"{file.name}: the checkpoint file is truncated or altered"):
        verify(folder)
    sound, damaged = find_sound(run_folder)
    assert sound == previous
    assert len(damaged) == 1


def test_logging_validation_and_checkpoints_come_due_on_their_own(
    inprocess: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(inprocess, monkeypatch, num_workers=0, log_every_steps=7)
    saved: list[int] = []
    monkeypatch.setattr(Checkpointer, "save", lambda self, step, *rest: saved.append(step))
    _, out = pretrain(make_config(total_tokens=256 * 150, validate_every_steps=11), inprocess)
    rows = read_curves(out / "curves.csv")
    due = {step for step in range(1, 151) if step % 7 == 0 or step % 11 == 0} | {150}
    assert [int(row["step"]) for row in rows] == sorted(due)
    assert [int(row["step"]) for row in rows if row["val_loss"]] == [*range(11, 150, 11), 150]
    assert saved == list(range(1, 150)), "the clock of this cluster is due after every step"


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.ray)])
def test_a_diverged_run_stops_with_its_step_and_last_good_checkpoint(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(
        tmp_path, monkeypatch, num_workers=workers, max_failures=3, checkpoint_every_s=3600, log_every_steps=1000
    )
    section = make_config(total_tokens=256 * 200)  # so that curve points and validation first come at step 10
    section["training"]["optimization"] |= {"learning_rate": 1e20}
    with pytest.raises(DivergenceError, match=r"^pretrain: diverged at step [1-9]: .* is (nan|inf); .*checkpoint"):
        pretrain(section, tmp_path)
    assert not (tmp_path / "pretrain" / "model").exists()


def test_a_run_says_that_it_has_nothing_to_resume(inprocess: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pretrain(make_config(), inprocess)
    assert "nothing to resume, begins at step 0" in capsys.readouterr().err


def test_a_checkpoint_is_complete_as_soon_as_it_is_written(inprocess: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only when the next one begins: here there is no next one, and nobody waits for it."""
    write_cluster(inprocess, monkeypatch, num_workers=0, checkpoint_every_s=3600)
    run_folder = find_run_folder(find_run_key("pretrain", inprocess / "pretrain"))

    def save_at_three_and_die_later(self: Checkpointer, step: int, *state: Any) -> None:
        if step == 3:
            self.save(step, *state)
        if step == 10:
            deadline = time.monotonic() + 30
            while not find_complete(run_folder) and time.monotonic() < deadline:
                time.sleep(0.02)
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpointer, "save_if_due", save_at_three_and_die_later)
    with pytest.raises(KeyboardInterrupt):
        pretrain(make_config(), inprocess)
    assert [read_step(folder) for folder in find_complete(run_folder)] == [3]
