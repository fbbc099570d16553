"""A page asked of a tiny model: files in lm-eval's shape, texts cut as its HF backend cuts them, nothing twice."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from components.base.errors import DataError, ParamsError
from components.evaluate.harness import asking
from components.evaluate.harness.__main__ import main
from components.evaluate.harness.asking import Asker, cut_at, read_settings
from components.evaluate.harness.results import make_sample
from components.evaluate.harness.run import run_suite
from components.evaluate.harness.tokens import PairEncoder, move_spaces
from components.generation.pool import LocalPool
from components.scoring.continuations import score_continuations
from components.tasks.harness.suite import open_suite
from tests.tiny import make_model, make_tokenizer, write_model
from tests.unit.evaluate.harness import pages

TOKENIZER = make_tokenizer()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("asked")
    pages.write_rows(path)
    for name in ("mc_prefix", "gen_until_text", "roll"):
        (path / f"{name}.yaml").write_text(json.dumps(pages.list_pages()[name]), encoding="utf-8")
    write_model(TOKENIZER, path)
    return path


def read_lines(out: Path, name: str) -> list[dict[str, Any]]:
    [file] = out.glob(f"samples_{name}_*.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["mc_prefix", "gen_until_text", "roll"])
def test_a_run_leaves_results_and_samples_of_every_item(name: str, folder: Path, tmp_path: Path) -> None:
    arguments = ["run", str(folder / f"{name}.yaml"), "--model", str(folder / "model"), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--limit", "3"]) == 0
    samples = read_lines(tmp_path / "out", name)
    assert [sample["doc_id"] for sample in samples] == [0, 1, 2]
    assert {"arguments", "resps", "filtered_resps", "target", "prompt_hash", "doc_hash"} <= samples[0].keys()
    [file] = (tmp_path / "out").glob("results_*.json")
    results = json.loads(file.read_text(encoding="utf-8"))
    assert results["n-samples"][name] == {"original": 7, "effective": 3}
    assert {f"{metric},none" for metric in samples[0]["metrics"]} <= results["results"][name].keys()


def test_what_was_asked_is_not_asked_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite, out = open_suite(folder / "mc_prefix.yaml"), tmp_path / "out"
    run_suite(suite, folder / "model", out, limit=4)
    store = out / "answers.jsonl"
    # As a kill leaves it: the last line cut off, nothing else written.
    store.write_text(store.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    for file in (*out.glob("samples_*"), *out.glob("results_*")):
        file.unlink()
    asked: list[int] = []

    def count(model: Any, contexts: Any, continuations: Any) -> Any:
        asked.append(len(contexts))
        return score_continuations(model, contexts, continuations)

    monkeypatch.setattr(asking, "score_continuations", count)
    run_suite(suite, folder / "model", out, limit=4)
    assert asked == [1]
    assert len(read_lines(out, "mc_prefix")) == 4


def test_a_page_that_cannot_be_judged_is_refused_before_the_model_is_read(folder: Path, tmp_path: Path) -> None:
    page = {**pages.list_pages()["mc_prefix"], "metric_list": [{"metric": "bleu"}]}
    (folder / "bleu.yaml").write_text(json.dumps(page), encoding="utf-8")
    with pytest.raises(ParamsError, match="'bleu' is not one of"):
        run_suite(open_suite(folder / "bleu.yaml"), tmp_path / "no_model", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_continuation_is_what_the_whole_has_more() -> None:
    encoder = PairEncoder(TOKENIZER, 64, encoder_decoder=False)
    assert move_spaces("Is it? \n", " yes") == ("Is it?", " \n yes")
    [(context, continuation)] = encoder.encode_pairs([("Question: 4 + 4? ", "eight")])
    whole = TOKENIZER.encode("Question: 4 + 4? eight")
    assert context == TOKENIZER.encode("Question: 4 + 4?") and context + continuation == whole
    [(before, alone)] = encoder.encode_pairs([("", "eight")])
    assert before == [TOKENIZER.eos_token_id] and alone == TOKENIZER.encode("eight")


def test_a_long_context_loses_tokens_on_the_left() -> None:
    [(whole, said)] = PairEncoder(TOKENIZER, 99, encoder_decoder=False).encode_pairs([("one two three four", " five")])
    [(context, continuation)] = PairEncoder(TOKENIZER, len(said) + 2, encoder_decoder=False).encode_pairs(
        [("one two three four", " five")]
    )
    assert continuation == said and context == whole[-3:]
    with pytest.raises(DataError, match="does not fit in 1"):
        PairEncoder(TOKENIZER, 1, encoder_decoder=False).encode_pairs([("one", " twenty thousand")])


def test_a_long_text_s_likelihood_is_the_sum_over_its_windows() -> None:
    pool = LocalPool(make_model(TOKENIZER), TOKENIZER, max_length=8)
    text = "Question: Tom has 4 apples and buys 3 more. How many?"
    [summed] = Asker(pool).score_rolling([text])
    ids = [TOKENIZER.eos_token_id, *TOKENIZER.encode(text)]
    expected = 0.0
    for place in range(1, len(ids)):
        begin = 0 if place <= 8 else (place - 1) // 8 * 8
        if place > (len(ids) - 1) // 8 * 8 and place > 8:
            begin = len(ids) - 1 - 8
        logits = pool.model(input_ids=torch.tensor([ids[begin:place]])).logits[0, -1]
        expected += float(logits.detach().log_softmax(-1)[ids[place]])
    assert summed == pytest.approx(expected, abs=1e-3)


def test_settings_are_read_as_lm_eval_reads_them() -> None:
    given = read_settings({"until": "\n", "max_gen_toks": 5, "do_sample": False, "temperature": 0.7}, "page")
    assert (given.until, given.sampling.max_new_tokens, given.sampling.temperature) == (("\n",), 5, 0.0)
    assert read_settings({"temperature": 0.7}, "page").sampling.temperature == 0.7
    assert read_settings({}, "page").sampling.max_new_tokens == 256
    with pytest.raises(DataError, match="num_beams: not one of"):
        read_settings({"num_beams": 4}, "page")
    assert cut_at("a\nb. c", [". ", "\n"]) == "a"


def test_a_sample_has_numbers_as_texts(folder: Path) -> None:
    question = next(open_suite(folder / "mc_prefix.yaml").tasks[0].ask(limit=1))
    sample = make_sample(question, [[(-1.5, True)]], [(-1.5, True)], "none", {"acc": 1.0})
    assert sample["resps"] == [[["-1.5", "True"]]] and sample["filtered_resps"] == [["-1.5", "True"]]
    assert sample["acc"] == 1.0 and sample["arguments"]["gen_args_0"]["arg_1"] == " 0"
