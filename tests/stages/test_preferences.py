"""The stage preferences alone: the user's rows and a model's own answers become one form, for reward and align."""

from pathlib import Path

import pytest

from components.base.errors import DataError, ParamsError
from components.datasets.preferences import PreferenceSet, read_preferences
from components.generation.answers import Answer
from components.metrics.figures import Json
from components.preferences import sampling
from components.preferences.config import PreferencesConfig, SampledPreferencesConfig
from components.preferences.pairs import Sample
from components.runtime.folder import load_folder
from components.tasks.score import Judge
from components.text.tokenizer import hash_tokenizer
from pipelines.preferences import run
from tests.stages.polite_pairs import ROWS, write_polite_rows
from tests.stages.tiny_models import read_shared, write_tiny_model

SAMPLED = SampledPreferencesConfig(
    kind="sampled", heldout_fraction=0.3, max_tokens=128, prompts=24, samples_per_prompt=4, temperature=1.0,
    top_p=1.0, max_new_tokens=4, max_pairs_per_prompt=2,
)  # fmt: skip


def collect(tmp_path: Path, cfg: PreferencesConfig, name: str = "preferences") -> tuple[Json, PreferenceSet]:
    sft, out = tmp_path / "sft", tmp_path / name
    if not sft.exists():
        write_tiny_model(sft / "model")
    out.mkdir()
    metrics = run(cfg, shared=read_shared(), sft=sft, out=out).to_json()
    return metrics, read_preferences(out, hash_tokenizer(load_folder(sft / "model")[1]))


def test_the_users_rows_become_pairs_that_say_the_prompt_once(tmp_path: Path) -> None:
    metrics, found = collect(tmp_path, write_polite_rows(tmp_path / "mine.jsonl"))
    pairs = found.train + found.heldout
    assert all(pair.chosen.startswith("Gladly") and pair.rejected.startswith("No") for pair in pairs)
    assert metrics["train_pairs"] + metrics["heldout_pairs"] == len(pairs) == ROWS
    assert metrics["ignored_fields"] == {"annotator": ROWS}
    assert found.counts == {name: value for name, value in metrics.items() if not name.startswith("sft_")}
    assert 0 <= metrics["sft_accuracy"] <= 1 and 0 <= metrics["sft_accuracy_per_token"] <= 1


def test_sampled_answers_are_paired_by_their_labels_and_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random model is never right, so that another label stands in: whether an answer has an even number of ids."""
    label = sampling.label_sample

    def is_even(answer: Answer, gold: str, judge: Judge) -> Sample:
        sample = label(answer, gold, judge)
        return Sample(sample.ids, sample.text, sum(sample.ids) % 2 == 0, True)

    monkeypatch.setattr(sampling, "label_sample", is_even)
    metrics, found = collect(tmp_path, SAMPLED)
    assert metrics["sampled_answers"] == 96
    for pair in found.train + found.heldout:
        answers = [ids[pair.prompt_tokens :] for ids in (pair.chosen_ids, pair.rejected_ids)]
        assert [sum(ids) % 2 for ids in answers] == [0, 1]
        assert pair.chosen_ids[: pair.prompt_tokens] == pair.rejected_ids[: pair.prompt_tokens]
    assert {pair.prompt for pair in found.train}.isdisjoint(pair.prompt for pair in found.heldout)
    assert collect(tmp_path, SAMPLED, "again") == (metrics, found)


def test_a_model_that_is_never_right_makes_no_pairs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="sampled answers: 0 preference pairs"):
        collect(tmp_path, SAMPLED)


def test_pairs_longer_than_the_models_context_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"preferences\.max_tokens: 4000 is over the model's context of 256 tokens"):
        collect(tmp_path, SAMPLED.model_copy(update={"max_tokens": 4000}))
