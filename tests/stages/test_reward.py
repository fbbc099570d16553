"""The reward stage alone: it learns a preference that is easy to see, and refuses a set without pairs."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DataError, DivergenceError
from components.base.metrics import Metrics, read_curves
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.reward.config import RewardConfig
from components.reward.judgement import score_texts
from components.runtime.folder import load_reward_model
from components.text.chat import encode_chat_example
from components.text.tokenizer import load_tokenizer
from pipelines.reward import run
from tests.stages.clusters import write_cluster
from tests.stages.faults import kill_workers_after_a_checkpoint
from tests.stages.tiny_models import OWN_MODELS, PARAMS, read_shared, write_tiny_model


def write_preferences(path: Path) -> None:
    """Polite answers are preferred to rude ones; every third row says its prompt in both answers once more."""
    rows = []
    for i in range(60):
        prompt = f"Give me {i} apples."
        again = f"{prompt} " if i % 3 == 0 else ""
        row = {"prompt": prompt, "chosen": f"{again}Gladly, here are {i}.", "rejected": f"{again}No, not {i}."}
        rows.append({**row, "annotator": 7})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def learn(
    tmp_path: Path, data: dict[str, Any], options: dict[str, Any] | None = None, learning_rate: float = 5e-3
) -> tuple[Metrics, Path]:
    section = read_yaml(PARAMS)["reward"]
    section["training"] |= {"epochs": 6.0, "batch_size": 8, "learning_rate": learning_rate}
    section |= {"data": data, "heldout_fraction": 0.3, "max_tokens": 128}
    cfg: RewardConfig = validate(RewardConfig, section, where="reward")
    sft, out = tmp_path / "sft", tmp_path / "reward"
    write_tiny_model(sft / "model", options=options)
    out.mkdir()
    return run(cfg, shared=read_shared(), sft=sft, out=out), out


def check_learned(metrics: Metrics, out: Path) -> None:
    assert metrics["heldout_accuracy"] >= 0.95
    assert metrics["heldout_margin"] > 0
    rows = [json.loads(line) for line in (out / "pairs.jsonl").read_text().splitlines()]
    assert all(row["chosen"].startswith("Gladly") and row["rejected"].startswith("No") for row in rows)
    assert metrics["ignored_fields"] == {"annotator": 60}
    assert len(rows) == metrics["train_pairs"] + metrics["heldout_pairs"] == 60
    assert [int(row["step"]) for row in read_curves(out / "curves.csv")] == list(range(1, metrics["steps"] + 1))


@pytest.mark.parametrize("name", OWN_MODELS)
def test_models_of_other_options_judge_alike(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    monkeypatch.chdir(tmp_path)
    write_preferences(tmp_path / "mine.jsonl")
    metrics, out = learn(tmp_path, {"kind": "jsonl", "path": "mine.jsonl"}, OWN_MODELS[name])
    assert metrics["heldout_accuracy"] >= 0.9
    load_reward_model(out / "model")


def test_reward_prefers_the_better_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    monkeypatch.chdir(tmp_path)
    write_preferences(tmp_path / "mine.jsonl")

    metrics, out = learn(tmp_path, {"kind": "jsonl", "path": "mine.jsonl"})

    check_learned(metrics, out)
    model, tokenizer = load_reward_model(out / "model"), load_tokenizer(out / "model")
    assert model.config.pad_token_id == tokenizer.pad_token_id
    ask = {"role": "user", "content": "Give me 99 apples."}
    answers = [[ask, {"role": "assistant", "content": said}] for said in ("Gladly, here are 99.", "No, not 99.")]
    polite, rude = score_texts(model, [encode_chat_example(tokenizer, answer)[0] for answer in answers])
    assert polite > rude


@pytest.mark.ray
def test_a_killed_worker_goes_on_and_learns_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=1)
    monkeypatch.chdir(tmp_path)
    write_preferences(tmp_path / "mine.jsonl")
    with kill_workers_after_a_checkpoint("reward", tmp_path / "reward") as kill:
        metrics, out = learn(tmp_path, {"kind": "jsonl", "path": "mine.jsonl"})
    kill.assert_only_later_steps_were_trained_again(out / "curves.csv", metrics["steps"])
    check_learned(metrics, out)


def test_a_diverged_run_stops_with_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0, checkpoint_every_s=3600)
    write_preferences(tmp_path / "mine.jsonl")
    with pytest.raises(DivergenceError, match=r"^reward: diverged at step \d+: .* is nan; "):
        learn(tmp_path, {"kind": "jsonl", "path": str(tmp_path / "mine.jsonl")}, learning_rate=1e20)
    assert not (tmp_path / "reward" / "model").exists()


def test_a_model_that_is_never_right_makes_no_pairs(tmp_path: Path) -> None:
    sampled = {
        "kind": "sampled", "prompts": 4, "samples_per_prompt": 2, "temperature": 1.0, "top_p": 1.0,
        "max_new_tokens": 4, "max_pairs_per_prompt": 2,
    }  # fmt: skip
    with pytest.raises(DataError, match="sampled answers: 0 preference pairs"):
        learn(tmp_path, sampled)
