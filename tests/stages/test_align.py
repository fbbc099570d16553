"""The align stage alone, on a tiny policy and reward model: PPO runs, resumes, and refuses what it must."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, LlamaConfig, LlamaForSequenceClassification

from components.align.config import AlignConfig, DpoConfig, PpoConfig
from components.align.gate import summarize
from components.base.curves import read_curves
from components.base.errors import DataError, DivergenceError, GateError, ParamsError, PipelineError
from components.base.files import write_json
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.metrics.figures import Json
from components.model.build import Vocabulary
from components.runtime.folder import load_folder, save_model
from pipelines.align import run
from tests.shapes import make_model
from tests.stages.clusters import write_cluster
from tests.stages.faults import kill_workers_after_a_checkpoint
from tests.stages.polite_pairs import write_polite_pairs
from tests.stages.tiny_models import OWN_MODELS
from tests.tiny import SHARED, make_tokenizer, write_model, write_tokens

PARAMS = Path(__file__).parents[2] / "params.yaml"
TOKENIZER = make_tokenizer()


def make_config(**changes: Any) -> PpoConfig:
    section = read_yaml(PARAMS)["align"]
    section["rollout"] |= {"prompts_per_iteration": 8, "max_new_tokens": 12}
    section["evaluation"] |= {"every_iterations": 2, "prompts": 8}
    section |= {"iterations": 4, "kl_budget": 100.0, "precision": "fp32", "max_logprob_gap": 1e-3, **changes}
    cfg: PpoConfig = validate(PpoConfig, section, where="align")
    return cfg


def make_dpo(**changes: Any) -> DpoConfig:
    """Preferences that are easy to see, and so few steps that they must be learned fast."""
    optimization = {
        "learning_rate": 3e-3, "warmup_fraction": 0.1, "schedule": {"kind": "cosine"}, "optimizer": {"kind": "adamw"},
        "weight_decay": 0.0, "clip_norm": 1.0,
    }  # fmt: skip
    section = {
        "kind": "dpo", "prompts": {"kind": "tasks"}, "kl_budget": 1000.0, "precision": "fp32", "beta": 0.1, "epochs": 3,
        "evaluation": {"every_iterations": 4, "prompts": 8}, "batch_size": 8, "max_new_tokens": 12,
        "optimization": optimization,
    }  # fmt: skip
    cfg: DpoConfig = validate(DpoConfig, section | changes, where="align")
    return cfg


def write_reward(folder: Path, accuracy: float = 0.9) -> Path:
    """A random reward model, and the manifest that the runner would leave beside it."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(TOKENIZER), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_labels=1, pad_token_id=TOKENIZER.pad_token_id, max_position_embeddings=512, initializer_range=0.1,
    )  # fmt: skip
    save_model(LlamaForSequenceClassification(config), TOKENIZER, folder / "model")
    write_json(folder / "manifest.json", {"metrics": {"heldout_accuracy": accuracy}})
    return folder


def align(folder: Path, cfg: AlignConfig, accuracy: float = 0.9) -> tuple[Json, Path]:
    if not (folder / "sft").exists():
        write_model(TOKENIZER, folder / "sft")
    out = folder / "align"
    out.mkdir(exist_ok=True)
    reward, pairs = write_reward(folder / "reward", accuracy), write_polite_pairs(TOKENIZER, folder / "preferences")
    tokens, sft = write_tokens(TOKENIZER, folder / "tokens"), folder / "sft"
    metrics = run(cfg, shared=SHARED, tokens=tokens, sft=sft, preferences=pairs, reward=reward, out=out)
    return metrics.to_json(), out


@pytest.fixture
def inprocess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    return tmp_path


def test_it_writes_a_model_curves_and_figures(inprocess: Path) -> None:
    write_json(inprocess / "sft" / "manifest.json", {"metrics": {"corpus_val_loss_base": 5.0}})
    write_model(TOKENIZER, inprocess / "sft")
    metrics, out = align(inprocess, make_config())
    load_folder(out / "model")
    assert metrics["corpus_val_loss_rise"] == pytest.approx(metrics["corpus_val_loss"] - 5.0)
    rows = read_curves(out / "curves.csv")
    assert [int(row["step"]) for row in rows] == [1, 2, 3, 4]
    assert {"reward", "kl", "worked_share", "response_tokens", "entropy", "clip_fraction", "explained_variance"} <= set(
        rows[0]
    )
    assert metrics["rollout_logprob_gap"] < 1e-3
    assert {"exact_match_before", "exact_match_after", "reward_before", "reward_after", "kl_to_sft"} <= set(metrics)
    assert 0 <= metrics["heldout_pair_accuracy"] <= 1


@pytest.mark.parametrize("name", OWN_MODELS)
def test_generator_and_trainer_read_other_models_alike(name: str, inprocess: Path) -> None:
    """A prefix decoder's prompt is read in both directions by both, or PPO's ratios would be wrong."""
    vocabulary = Vocabulary(len(TOKENIZER), TOKENIZER.pad_token_id, TOKENIZER.eos_token_id)
    model = make_model(vocabulary, max_positions=512, **OWN_MODELS[name])
    save_model(model, TOKENIZER, inprocess / "sft" / "model")
    metrics, out = align(inprocess, make_config(iterations=1))
    assert metrics["rollout_logprob_gap"] < 1e-4
    load_folder(out / "model")


def test_before_the_first_update_the_policy_is_the_sft_model(inprocess: Path) -> None:
    _, out = align(inprocess, make_config(iterations=1))
    assert abs(float(read_curves(out / "curves.csv")[0]["kl"])) < 1e-4


@pytest.mark.parametrize("value", ["network", "head"])
def test_ppo_raises_the_reward_it_is_given(value: str, inprocess: Path) -> None:
    """Answers of one token, so that which token a reward belongs to is never in doubt."""
    measure = {"every_iterations": 20, "prompts": 128}
    kinds = {"kl": {"kind": "fixed", "coefficient": 0.0}, "value": {"kind": value, "learning_rate": 3e-3}}
    cfg = make_config(iterations=20, evaluation=measure, **kinds)
    cfg = cfg.model_copy(
        update={
            "optimization": cfg.optimization.model_copy(update={"learning_rate": 3e-3}),
            "rollout": cfg.rollout.model_copy(
                update={"prompts_per_iteration": 64, "max_new_tokens": 1, "missing_eos_penalty": 0.0}
            ),
        }
    )
    metrics, _ = align(inprocess, cfg)
    assert metrics["reward_after"] > metrics["reward_before"] + 0.3
    assert metrics["kl_to_sft"] > 0.1


@pytest.mark.parametrize("value", ["network", "head"])
def test_bf16_is_let_through_by_the_gap_that_is_allowed_and_no_other(value: str, inprocess: Path) -> None:
    rounded = {"precision": "bf16", "iterations": 1, "value": {"kind": value, "learning_rate": 1e-3}}
    metrics, _ = align(inprocess, make_config(**rounded, max_logprob_gap=0.2))
    assert 1e-5 < metrics["rollout_logprob_gap"] < 0.2
    with pytest.raises(GateError, match=r"max_logprob_gap allows 1e-05"):
        align(inprocess, make_config(**rounded, max_logprob_gap=1e-5))


def test_a_reward_model_that_hardly_ranks_is_refused_before_anything_runs(inprocess: Path) -> None:
    with pytest.raises(GateError, match=r"ranks 60\.0% of held-out pairs right and reward\.min_accuracy is 70\.0%"):
        align(inprocess, make_config(), accuracy=0.6)


def test_a_policy_beyond_its_kl_budget_is_refused(inprocess: Path) -> None:
    cfg = make_config(kl_budget=1e-9, kl={"kind": "fixed", "coefficient": 0.0})
    cfg = cfg.model_copy(update={"optimization": cfg.optimization.model_copy(update={"learning_rate": 1e-2})})
    with pytest.raises(GateError, match="nats a response from the sft model and kl_budget is 1e-09"):
        align(inprocess, cfg)


def test_prompts_that_cannot_be_shared_are_refused(inprocess: Path) -> None:
    cfg = make_config()
    cfg = cfg.model_copy(update={"update": cfg.update.model_copy(update={"minibatches": 3})})
    with pytest.raises(PipelineError, match="must be a multiple of minibatches x workers"):
        align(inprocess, cfg)


def test_the_users_prompts_without_answers_give_no_exact_match(inprocess: Path) -> None:
    rows = "".join(f'{{"ask": "What is {n} + 1?"}}\n' for n in range(40))
    (inprocess / "mine.jsonl").write_text(rows)
    prompts = {"kind": "jsonl", "path": str(inprocess / "mine.jsonl"), "prompt_field": "ask", "answer_field": None}
    metrics, _ = align(inprocess, make_config(prompts=prompts, iterations=1))
    assert "exact_match_after" not in metrics
    assert "reward_after" in metrics


def test_the_users_prompts_with_worked_keys_are_measured_and_their_other_fields_counted(inprocess: Path) -> None:
    rows = "".join(
        f'{{"ask": "What is {n} + 1?", "key": "It is {n} + 1.\\n#### {n + 1}", "level": 2}}\n' for n in range(9)
    )
    (inprocess / "mine.jsonl").write_text(rows)
    prompts = {"kind": "jsonl", "path": str(inprocess / "mine.jsonl"), "prompt_field": "ask", "answer_field": "key"}
    metrics, _ = align(inprocess, make_config(prompts=prompts, iterations=1))
    assert 0 <= metrics["exact_match_after"] <= 1
    assert (metrics["held_out_prompts"], metrics["prompts_without_answer"]) == (4, 0)
    assert metrics["ignored_fields"] == {"level": 9}


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.ray)])
def test_a_prompt_that_leaves_no_room_is_refused_by_file_and_line_at_a_relative_path(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray gives its workers a folder of their own; the path still means the user's file, and is said as he wrote it."""
    write_cluster(tmp_path, monkeypatch, num_workers=workers, max_failures=3)
    monkeypatch.chdir(tmp_path)
    rows = [f'{{"ask": "What is {n} + 1?"}}\n' for n in range(40)]
    rows[16] = f'{{"ask": "{"again and " * 400}"}}\n'
    Path("mine.jsonl").write_text("".join(rows))
    prompts = {"kind": "jsonl", "path": "mine.jsonl", "prompt_field": "ask", "answer_field": None}
    with pytest.raises(DataError, match=r"^mine\.jsonl:17: the prompt has \d+ tokens, .* leaves room for 500"):
        align(tmp_path, make_config(prompts=prompts))


LORA = {"kind": "lora", "rank": 4, "alpha": 8.0, "target_modules": "all-linear"}
no_peft_warning = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


@no_peft_warning
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_ppo_trains_an_adapter_and_saves_it_merged(precision: str, inprocess: Path) -> None:
    _, out = align(inprocess, make_config(adapter=LORA, precision=precision, max_logprob_gap=0.5))
    rows = read_curves(out / "curves.csv")
    assert abs(float(rows[0]["kl"])) < 1e-4 and abs(float(rows[-1]["kl"])) > 0
    model, _ = load_folder(out / "model")
    base, _ = load_folder(inprocess / "sft" / "model")
    same = [torch.equal(a, b) for a, b in zip(model.parameters(), base.parameters(), strict=True)]
    assert any(same) and not all(same)
    assert (out / "adapter" / "adapter_model.safetensors").is_file()


def test_small_portions_and_recomputed_layers_walk_the_path_of_whole_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves = []
    parts: dict[str, Any] = {"micro_batch_tokens": 64, "activation_checkpointing": True}
    for name, where in (("whole", {}), ("parts", parts)):
        write_cluster(tmp_path, monkeypatch, num_workers=0, storage=str(tmp_path / name), **where)
        _, out = align(tmp_path / name, make_config(iterations=2))
        curves.append(read_curves(out / "curves.csv"))
    for one, two in zip(*curves, strict=True):
        for column in ("policy_loss", "value_loss", "kl", "entropy", "grad_norm"):
            assert float(one[column]) == pytest.approx(float(two[column]), rel=1e-4, abs=1e-6)


def test_an_adapter_on_a_layer_that_is_not_there_is_refused(inprocess: Path) -> None:
    with pytest.raises(ParamsError, match=r"^align\.adapter\.target_modules: 'q_porj' is no layer of the model"):
        align(inprocess, make_config(adapter={**LORA, "target_modules": ["q_porj"]}))


@no_peft_warning
@pytest.mark.ray
def test_a_killed_worker_goes_on_with_its_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=1)
    with kill_workers_after_a_checkpoint("align", tmp_path / "align") as kill:
        _, out = align(tmp_path, make_config(iterations=40, adapter=LORA))
    kill.assert_only_later_steps_were_trained_again(out / "curves.csv", 40)


@pytest.mark.ray
@no_peft_warning
@pytest.mark.parametrize("adapter", [{"kind": "none"}, LORA], ids=["none", "lora"])
def test_two_workers_walk_the_path_of_one(
    adapter: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same prompts, seeds and minibatches: losses agree to floating-point order."""
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    _, alone = align(tmp_path / "a", make_config(iterations=2, adapter=adapter))
    write_cluster(tmp_path, monkeypatch, num_workers=2)
    _, pair = align(tmp_path / "b", make_config(iterations=2, adapter=adapter))
    for one, two in zip(read_curves(alone / "curves.csv"), read_curves(pair / "curves.csv"), strict=True):
        for name in ("reward", "kl", "policy_loss", "value_loss"):
            assert float(one[name]) == pytest.approx(float(two[name]), rel=1e-5, abs=1e-6)


@pytest.mark.ray
def test_a_killed_worker_goes_on_from_its_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=1)
    with kill_workers_after_a_checkpoint("align", tmp_path / "align") as kill:
        _, out = align(tmp_path, make_config(iterations=40))
    kill.assert_only_later_steps_were_trained_again(out / "curves.csv", 40)


def test_a_diverged_run_stops_with_its_iteration(inprocess: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(inprocess, monkeypatch, num_workers=0, checkpoint_every_s=3600)
    cfg = make_config()
    cfg = cfg.model_copy(update={"optimization": cfg.optimization.model_copy(update={"learning_rate": 1e20})})
    with pytest.raises(DivergenceError, match=r"^align: diverged at step \d+: .* is (nan|inf); "):
        align(inprocess, cfg)
    assert not (inprocess / "align" / "model").exists()


@pytest.mark.parametrize("kl", [float("nan"), float("inf")])
def test_a_kl_that_is_no_number_is_beyond_the_budget(kl: float) -> None:
    with pytest.raises(GateError, match="kl_budget"):
        summarize(make_config(), {"kl_after": kl}, steps=1)


def test_the_saved_reward_model_reads_the_last_real_token(inprocess: Path) -> None:
    """The score of a response must not change when padding follows it."""
    model = AutoModelForSequenceClassification.from_pretrained(write_reward(inprocess / "reward") / "model")
    ids = torch.tensor([[7, 8, 9]])
    padded = torch.cat([ids, torch.full((1, 4), TOKENIZER.pad_token_id)], dim=1)
    with torch.no_grad():
        torch.testing.assert_close(model(input_ids=padded).logits, model(input_ids=ids).logits)


@pytest.mark.parametrize(("kind", "value"), [("muon", "network"), ("adafactor", "head")])
def test_policy_and_value_learn_under_other_optimisers(kind: str, value: str, inprocess: Path) -> None:
    optimization = make_config().optimization.model_dump() | {"optimizer": {"kind": kind}}
    chosen = {"kind": value, "learning_rate": 1e-3}
    _, out = align(inprocess, make_config(iterations=2, optimization=optimization, value=chosen))
    assert abs(float(read_curves(out / "curves.csv")[-1]["kl"])) > 0
    load_folder(out / "model")
