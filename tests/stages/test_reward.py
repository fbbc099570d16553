"""The reward stage alone: it learns a preference that is easy to see."""

from pathlib import Path
from typing import Any

import pytest

from components.base.curves import read_curves
from components.base.errors import DivergenceError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.metrics.figures import Json
from components.reward.config import RewardConfig
from components.runtime.folder import load_reward_model
from components.scoring.rewards import score_texts
from components.text.chat import encode_chat_example
from components.text.tokenizer import load_tokenizer
from pipelines.reward import run
from tests.stages.clusters import write_cluster
from tests.stages.faults import kill_workers_after_a_checkpoint
from tests.stages.polite_pairs import write_polite_pairs
from tests.stages.tiny_models import OWN_MODELS, PARAMS, read_shared, write_tiny_model


def learn(
    tmp_path: Path, options: dict[str, Any] | None = None, learning_rate: float = 5e-3, **changes: Any
) -> tuple[Json, Path]:
    section = read_yaml(PARAMS)["reward"] | changes
    section["training"] |= {"epochs": 6.0, "batch_size": 8}
    section["training"]["optimization"]["learning_rate"] = learning_rate
    cfg: RewardConfig = validate(RewardConfig, section, where="reward")
    sft, out = tmp_path / "sft", tmp_path / "reward"
    write_tiny_model(sft / "model", options=options)
    pairs = write_polite_pairs(load_tokenizer(sft / "model"), tmp_path / "preferences")
    out.mkdir()
    return run(cfg, shared=read_shared(), sft=sft, preferences=pairs, out=out).to_json(), out


def check_learned(metrics: Json, out: Path) -> None:
    assert metrics["heldout_accuracy"] >= 0.95
    assert metrics["heldout_margin"] > 0
    assert metrics["train_pairs"] + metrics["heldout_pairs"] == 60
    assert [int(row["step"]) for row in read_curves(out / "curves.csv")] == list(range(1, metrics["steps"] + 1))


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.parametrize(
    ("workers", "recompute"), [(0, False), (0, True), pytest.param(2, True, marks=pytest.mark.ray)]
)
def test_an_adapter_and_a_head_learn_it_too(
    workers: int, recompute: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=workers, activation_checkpointing=recompute)
    adapter = {"kind": "lora", "rank": 4, "alpha": 8.0, "target_modules": "all-linear"}
    metrics, out = learn(tmp_path, adapter=adapter, learning_rate=2e-2)
    assert metrics["heldout_accuracy"] >= 0.9
    model = load_reward_model(out / "model")
    assert not any("lora" in name for name in model.state_dict())


@pytest.mark.parametrize("name", OWN_MODELS)
def test_models_of_other_options_judge_alike(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    metrics, out = learn(tmp_path, OWN_MODELS[name])
    assert metrics["heldout_accuracy"] >= 0.9
    load_reward_model(out / "model")


def test_reward_prefers_the_better_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)

    metrics, out = learn(tmp_path)

    check_learned(metrics, out)
    model, tokenizer = load_reward_model(out / "model"), load_tokenizer(out / "model")
    assert model.config.pad_token_id == tokenizer.pad_token_id
    ask = {"role": "user", "content": "Give me 99 apples."}
    answers = [[ask, {"role": "assistant", "content": said}] for said in ("Gladly, here are 99.", "No, not 99.")]
    polite, rude = score_texts(model, [encode_chat_example(tokenizer, answer)[0] for answer in answers])
    assert polite > rude


@pytest.mark.ray
def test_killed_workers_go_on_with_their_shares_and_learn_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=2)
    with kill_workers_after_a_checkpoint("reward", tmp_path / "reward") as kill:
        metrics, out = learn(tmp_path)
    kill.assert_only_later_steps_were_trained_again(out / "curves.csv", metrics["steps"])
    check_learned(metrics, out)


def test_a_diverged_run_stops_with_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0, checkpoint_every_s=3600)
    with pytest.raises(DivergenceError, match=r"^reward: diverged at step \d+: .* is nan; "):
        learn(tmp_path, learning_rate=1e20)
    assert not (tmp_path / "reward" / "model").exists()
