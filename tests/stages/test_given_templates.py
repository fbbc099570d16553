"""A model whose tokenizer came with a template of its own: what ends a turn is learned and obeyed to the end."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers.processors import TemplateProcessing
from transformers import LlamaConfig, LlamaForSequenceClassification, PreTrainedTokenizerFast

from components.base.curves import read_curves
from components.base.files import write_json
from components.generation.offline import generate
from components.generation.sampling import SamplingParams
from components.metrics.figures import Json
from components.model.capabilities import read_end_ids
from components.model.config import InferenceConfig
from components.runtime.folder import load_folder, save_model
from components.serve.protocol import ParsedRequest
from components.serve.replica import Replica
from components.serve.replies import Delta
from components.sft.config import SftConfig
from components.text.chat import render_chat
from components.text.tokenizer import encode_text
from components.tokens.build import complete_tokenizer
from pipelines.align import run as align
from pipelines.sft import run
from tests.stages.clusters import write_cluster
from tests.stages.polite_pairs import write_polite_pairs
from tests.stages.test_align import make_config
from tests.stages.test_sft import tiny_config
from tests.tiny import SHARED, make_model, make_tokenizer, write_tokens

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GREETINGS = ["Hi", "Good day", "How do you do?", "Hello you", "Morning", "Is anybody there?"]


def make_given() -> PreTrainedTokenizerFast:
    """ChatML beside an end-of-document token of another name, and the habit of a beginning token."""
    tokenizer = make_tokenizer()
    tokens = {"additional_special_tokens": ["<|im_start|>", "<|im_end|>"], "bos_token": "<s>"}
    tokenizer.add_special_tokens(tokens, replace_extra_special_tokens=False)
    habit = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", tokenizer.bos_token_id)])
    tokenizer.backend_tokenizer.post_processor = habit
    tokenizer.chat_template = CHATML
    return complete_tokenizer(tokenizer, keep_template=True)


def write_rows(path: Path) -> Path:
    """One meaning in the forms that people's files have."""
    rows: list[dict[str, Any]] = []
    for index in range(48):
        asked = f"{GREETINGS[index % 6]} {index}"
        forms: list[dict[str, Any]] = [
            {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": "Hello."}], "id": 1},
            {"conversations": [{"from": "human", "value": asked}, {"from": "gpt", "value": "Hello."}]},
            {"instruction": asked, "input": "", "output": "Hello."},
            {"system": "Greet.", "prompt": asked, "completion": "Hello."},
        ]
        rows.append(forms[index % len(forms)])
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"prompt": "x", "completion": ""}]))
    return path


def config(data: Path) -> SftConfig:
    cfg = tiny_config(data={"kind": "jsonl", "path": str(data), "validation_fraction": 0.02}, seq_len=64)
    return cfg.model_copy(update={"training": cfg.training.model_copy(update={"epochs": 3.0})})


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Json]:
    folder = tmp_path_factory.mktemp("given")
    tokenizer = make_given()
    save_model(make_model(tokenizer), tokenizer, folder / "pretrain" / "model")
    (folder / "sft").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLUSTER", "inprocess")
        patch.chdir(folder)
        cfg = config(write_rows(folder / "rows.jsonl"))
        tokens = write_tokens(tokenizer, folder / "tokens")
        out = folder / "sft"
        metrics = run(cfg, shared=SHARED, pretrain=folder / "pretrain", tokens=tokens, out=out).to_json()
    return folder / "sft" / "model", metrics


def test_answers_end_at_the_turn_end_that_was_learned(tuned: tuple[Path, Json]) -> None:
    model, tokenizer = load_folder(tuned[0])
    turn_end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert read_end_ids(model) == (tokenizer.eos_token_id, turn_end)
    prompts = [render_chat(tokenizer, [{"role": "user", "content": f"{text} 7"}]) for text in GREETINGS]
    found = generate(model, prompts, SamplingParams(24), end_token_ids=read_end_ids(model))
    assert {done.finish_reason for done in found} == {"stop"}
    assert {done.end_token_id for done in found} == {turn_end}
    assert {tokenizer.decode(done.token_ids) for done in found} == {"Hello."}


def test_every_form_of_rows_was_learned_from_and_the_rest_is_counted(tuned: tuple[Path, Json]) -> None:
    metrics = tuned[1]
    assert metrics["finished_share"] == 1.0
    assert (metrics["empty_answers"], metrics["ignored_fields"]) == (1, {"id": 12})
    assert metrics["val_loss"] < 0.5


def test_conversations_begin_as_the_tokenizer_begins_every_text(tuned: tuple[Path, Json]) -> None:
    _, tokenizer = load_folder(tuned[0])
    ids = render_chat(tokenizer, [{"role": "user", "content": "Hi"}])
    assert ids[0] == tokenizer.bos_token_id
    assert ids.count(tokenizer.bos_token_id) == 1


def test_the_server_says_stop_and_not_length(tuned: tuple[Path, Json]) -> None:
    async def ask() -> object:
        replica = Replica(
            tuned[0],
            InferenceConfig(),
            max_slots=2,
            max_waiting=2,
            default_max_tokens=24,
            threads=1,
            cache_bytes=1 << 24,
        )
        try:
            return await replica.complete(ParsedRequest([{"role": "user", "content": "Hi 3"}], 24, 0.0, 1.0, 0, ()))
        finally:
            replica.close()

    answer = asyncio.run(ask())
    assert isinstance(answer, Delta)
    assert (answer.text, answer.finish_reason) == ("Hello.", "stop")


def test_a_document_that_the_server_continues_begins_as_the_shards_do(tuned: tuple[Path, Json]) -> None:
    async def ask() -> object:
        replica = Replica(
            tuned[0],
            InferenceConfig(),
            max_slots=2,
            max_waiting=2,
            cache_bytes=1 << 24,
            default_max_tokens=24,
            threads=1,
        )
        try:
            return await replica.complete(ParsedRequest("Hi there", 1, 0.0, 1.0, 0, ()))
        finally:
            replica.close()

    answer = asyncio.run(ask())
    assert isinstance(answer, Delta)
    assert answer.prompt_tokens == 1 + len(encode_text(load_folder(tuned[0])[1], "Hi there"))


def test_alignment_stops_at_the_turn_end_and_hands_it_on(
    tuned: tuple[Path, Json], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    _, tokenizer = load_folder(tuned[0])
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    scorer = LlamaConfig(vocab_size=len(tokenizer), num_labels=1, max_position_embeddings=512, **shape)
    scorer.pad_token_id = tokenizer.pad_token_id
    save_model(LlamaForSequenceClassification(scorer), tokenizer, tmp_path / "reward" / "model")
    write_json(tmp_path / "reward" / "manifest.json", {"metrics": {"heldout_accuracy": 0.9}})
    (tmp_path / "prompts.jsonl").write_text("".join(f'{{"ask": "Hi {n}"}}\n' for n in range(20)))
    prompts = {"kind": "jsonl", "path": str(tmp_path / "prompts.jsonl"), "prompt_field": "ask", "answer_field": None}
    (tmp_path / "out").mkdir()
    cfg = make_config(prompts=prompts, iterations=1)
    cfg = cfg.model_copy(update={"rollout": cfg.rollout.model_copy(update={"max_new_tokens": 100})})
    pairs = write_polite_pairs(tokenizer, tmp_path / "preferences")
    tokens = write_tokens(tokenizer, tmp_path / "tokens")
    folders = {"sft": tuned[0].parent, "preferences": pairs, "reward": tmp_path / "reward", "tokens": tokens}
    align(cfg, shared=SHARED, **folders, out=tmp_path / "out")
    curve = read_curves(tmp_path / "out" / "curves.csv")[-1]
    assert float(curve["finished_share"]) > 0.5
    model, _ = load_folder(tmp_path / "out" / "model")
    assert read_end_ids(model) == (tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>"))
