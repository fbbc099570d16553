"""Public families under their own templates: one conversation is the same token ids wherever it is asked or learned."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from components.align.config import FilePrompts
from components.align.prompts import load_prompts
from components.base.errors import DataError
from components.generation.pool import LocalPool, generate_answers
from components.generation.sampling import SamplingParams
from components.model.capabilities import read_end_ids
from components.model.config import InferenceConfig
from components.quantize.artifact import write_quantized
from components.runtime.folder import load_folder, load_model, save_model
from components.serve import replica as serving
from components.serve.encoder import PromptEncoder
from components.serve.protocol import ParsedRequest
from components.serve.replica import Replica
from components.serve.replies import Delta
from components.sft.conversations import Conversation
from components.sft.packing import encode_conversations
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig
from components.tasks.prompt import Prompter
from components.tasks.task import Item, TaskForm
from components.text.chat import encode_chat_example, find_learner, render_chat
from components.text.templates_door import find_training_template
from components.text.tokenizer import decode_ids
from components.tokens.build import complete_tokenizer, keep_one_day, read_given
from tests.chat_families import FAMILIES, write_family
from tests.public_templates import TEMPLATES
from tests.tiny import SHARED

pytestmark = pytest.mark.slow

TALK = [
    {"role": "user", "content": "What is 12 + 30?"},
    {"role": "assistant", "content": "It is 42."},
    {"role": "user", "content": "Hello,  how are you?"},
    {"role": "assistant", "content": "Well é."},
]
SYSTEMS = {
    "Llama 3": "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n",
    "Qwen": "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    "SmolLM": "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
}
"""What these say to the model where nobody else does."""
NO_SYSTEM = {"Gemma": "System role not supported", "Mistral": "Conversation roles must alternate"}


class Run(NamedTuple):
    """A family's folder as published, and the folders that stages leave of it."""

    name: str
    published: Path
    tuned: Path
    int8: Path


@pytest.fixture(scope="module", params=list(FAMILIES))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("family")
    published = write_family(request.param, folder / "published")
    tokenizer = complete_tokenizer(read_given(published), keep_template=True)
    keep_one_day(tokenizer, "2024-07-26")
    model = load_model(published)
    model.resize_token_embeddings(max(len(tokenizer), model.config.vocab_size), mean_resizing=False)
    save_model(model, tokenizer, folder / "tuned")
    write_quantized(*load_folder(folder / "tuned"), folder / "int8", embeddings=True)
    return Run(request.param, published, folder / "tuned", folder / "int8")


def ask_everywhere(run: Run, asked: str, folder: Path) -> dict[str, list[int]]:
    """Token ids of one question, as each room writes them from the folder that it reads."""
    _, tokenizer = load_folder(run.tuned)
    _, quantized = load_folder(run.int8)
    messages = [{"role": "user", "content": asked}]
    [example] = encode_conversations([Conversation([*messages, TALK[1]], "here")], tokenizer, 512, "training")
    rows = [{"ask": asked}, {"ask": "Go"}]
    (folder / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    prompts = FilePrompts(kind="jsonl", path=str(folder / "asked.jsonl"), prompt_field="ask", answer_field=None)
    loaded = load_prompts(prompts, SHARED, tokenizer, train=2, held_out=1, room=400)
    form = TaskForm("t", ChatPromptConfig(cot="{{ question }}"), DocumentPromptConfig(), {})
    item = Item("one", "test", asked, "42", form)
    evaluated = Prompter(tokenizer, "chat", 512).write(item, cot=True, shown=False)
    assert evaluated

    async def over_http() -> list[int]:
        encoder = PromptEncoder(quantized, 512)
        try:
            return await encoder.encode(messages)
        finally:
            encoder.close()

    sft = example.input_ids[: int(example.mask.argmax())].tolist()
    [ppo] = [prompt.ids for prompt in loaded.train + loaded.held_out if prompt.ids == sft] or [[]]
    return {
        "sft": sft,
        "ppo": ppo,
        "evaluation": list(evaluated.ids),
        "int8": render_chat(quantized, messages),
        "http": asyncio.run(over_http()),
    }


def test_a_question_is_the_same_token_ids_in_every_stage(run: Run, tmp_path: Path) -> None:
    found = ask_everywhere(run, TALK[0]["content"], tmp_path)
    assert found == dict.fromkeys(found, found["sft"])
    assert len(found["sft"]) > len(TALK[0]["content"]) // 4


def test_a_conversation_is_the_librarys_own_token_ids(run: Run) -> None:
    """Earlier answers included, as the published folder's own tokenizer and template give them."""
    if not FAMILIES[run.name].template:
        pytest.skip("a base model's folder has no template")
    published, (_, tokenizer) = AutoTokenizer.from_pretrained(run.published), load_folder(run.tuned)
    published.chat_template = str(published.chat_template).replace('strftime_now("%d %b %Y")', '"26 Jul 2024"')
    for asked in (TALK[:1], TALK[:3]):
        theirs = published.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
        assert render_chat(tokenizer, asked) == list(theirs)
    whole = published.apply_chat_template(TALK, return_dict=False)
    assert encode_chat_example(tokenizer, TALK)[0] == list(whole)


def test_what_a_family_says_to_the_model_of_itself_stands_in_every_prompt(run: Run) -> None:
    _, tokenizer = load_folder(run.tuned)
    text = decode_ids(tokenizer, render_chat(tokenizer, TALK[:1]))
    if run.name in SYSTEMS:
        assert SYSTEMS[run.name] in text
    begins = FAMILIES[run.name].begins
    assert text.startswith(str(tokenizer.bos_token)) == (begins or run.name == "SmolLM")


def test_a_system_message_is_read_or_refused_in_the_templates_own_words(run: Run) -> None:
    _, tokenizer = load_folder(run.tuned)
    talk = [{"role": "system", "content": "Be brief."}, *TALK]
    if run.name in NO_SYSTEM:
        with pytest.raises(DataError, match=NO_SYSTEM[run.name]):
            encode_chat_example(tokenizer, talk)
        return
    text = decode_ids(tokenizer, encode_chat_example(tokenizer, talk)[0])
    assert "Be brief." in text and "You are Qwen" not in text and "SmolLM" not in text


def test_each_answer_is_learned_with_its_end_behind_the_prompt_that_asks_for_it(run: Run) -> None:
    model, tokenizer = load_folder(run.tuned)
    ids, mask = encode_chat_example(tokenizer, TALK)
    starts = [at for at in range(len(ids)) if mask[at] and not mask[at - 1] and ids[:at] in _prompts(tokenizer)]
    assert len(starts) == 2
    for start, answer in zip(starts, (TALK[1], TALK[3]), strict=True):
        end = next(at for at in range(start, len(ids)) if ids[at] in read_end_ids(model))
        assert all(mask[start : end + 1])
        assert decode_ids(tokenizer, ids[start:end]).strip() == answer["content"]


def _prompts(tokenizer: PreTrainedTokenizerFast) -> list[list[int]]:
    return [render_chat(tokenizer, TALK[:turns]) for turns in (1, 3)]


def test_every_end_token_of_the_family_ends_an_answer_in_every_stage(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trained model (asked in sft, PPO and evaluation), the INT8 one, and the one behind HTTP."""
    published = PreTrainedTokenizerFast.from_pretrained(run.published)
    ends = {published.convert_tokens_to_ids(token) for token in FAMILIES[run.name].ends}
    prompt = render_chat(load_folder(run.tuned)[1], TALK[:1])
    for folder in (run.tuned, run.int8):
        model, tokenizer = load_folder(folder)
        assert ends <= set(read_end_ids(model))
        for end in read_end_ids(model):
            with saying(model, end):
                [answer] = generate_answers(LocalPool(model, tokenizer), [prompt], SamplingParams(4), what="ends")
            assert (answer.finished, answer.completion.end_token_id, answer.text) == (True, end, "")
    for end in sorted(ends):
        served = ask_server(run.int8, end, monkeypatch)
        assert (served.text, served.finish_reason, served.prompt_tokens) == ("", "stop", len(prompt))


@contextmanager
def saying(model: PreTrainedModel, token: int) -> Iterator[None]:
    """While the block runs, a model says one token and nothing else."""

    def raise_logit(_: Any, __: Any, logits: torch.Tensor) -> torch.Tensor:
        return logits.index_fill(-1, torch.tensor([token]), 1e4)

    hook = model.get_output_embeddings().register_forward_hook(raise_logit)
    try:
        yield
    finally:
        hook.remove()


def ask_server(folder: Path, token: int, monkeypatch: pytest.MonkeyPatch) -> Delta:
    """What a replica says to the first question when its model says one token alone."""
    model, tokenizer = load_folder(folder)
    monkeypatch.setattr(serving, "load_folder", lambda *_: (model, tokenizer))

    async def ask() -> object:
        bounds = {"max_slots": 2, "max_waiting": 2, "default_max_tokens": 4, "threads": 1, "cache_bytes": 1 << 24}
        replica = Replica(folder, InferenceConfig(), **dict[str, Any](bounds))
        try:
            return await replica.complete(ParsedRequest(TALK[:1], 4, 0.0, 1.0, 0, ()))
        finally:
            replica.close()

    with saying(model, token):
        answer = asyncio.run(ask())
    assert isinstance(answer, Delta)
    return answer


PUBLIC = ("cohere", "cohere2", "gemma", "llama3", "phi3", "phi3_5", "qwen2_5", "qwen3", "qwen3_instruct_2507")
"""Templates that TRL knows of models that chat in text alone."""


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerFast:
    """A tokenizer with the control tokens of many families."""
    tokenizer = read_given(write_family("Llama 3", tmp_path_factory.mktemp("speaker")))
    more = ["<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>", "<|user|>", "<|assistant|>", "<|end|>"]
    more += ["<|START_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>", "<|END_OF_TURN_TOKEN|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": more}, replace_extra_special_tokens=False)
    return tokenizer


@pytest.mark.parametrize("name", PUBLIC)
def test_trls_training_template_marks_what_the_difference_of_renderings_finds(
    name: str, speaker: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import chat_template_utils

    monkeypatch.setattr(speaker, "chat_template", getattr(chat_template_utils, f"{name}_chat_template"))
    learner = find_learner(speaker)
    variant = find_training_template(speaker)
    assert variant and learner.chat_template == (speaker.chat_template if name == "qwen2_5" else variant)
    ids, mask = encode_chat_example(speaker, TALK[:2])
    start = mask.index(1)
    assert ids[:start] == render_chat(speaker, TALK[:1])
    monkeypatch.setattr("components.text.chat.find_training_template", lambda _: None)
    from components.text import chat

    chat._find_learner.cache_clear()
    by_difference, mask_of_it = encode_chat_example(speaker, TALK[:2])
    chat._find_learner.cache_clear()
    assert by_difference == ids
    assert mask_of_it == mask or (name.startswith("phi3") and sum(mask) == sum(mask_of_it) + 1)  # its end of documents


def test_a_template_that_rewrites_earlier_turns_is_learned_as_trl_knows_it_or_refused(
    speaker: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl.chat_template_utils import qwen3_chat_template

    monkeypatch.setattr(speaker, "chat_template", qwen3_chat_template)
    ids, mask = encode_chat_example(speaker, TALK)
    said = decode_ids(speaker, [token for token, learned in zip(ids, mask, strict=True) if learned])
    thought = "<think>\n\n</think>\n\n"
    assert said == f"{thought}It is 42.<|im_end|>{thought}Well é.<|im_end|>"
    monkeypatch.setattr(speaker, "chat_template", qwen3_chat_template + " ")  # unknown to TRL by a letter
    with pytest.raises(DataError, match="message 1: the chat template rewrites"):
        encode_chat_example(speaker, TALK)


def test_a_template_that_asks_for_today_has_one_day_and_says_when_it_cannot(tmp_path: Path) -> None:
    tokenizer = read_given(write_family("Llama 3", tmp_path))
    keep_one_day(tokenizer, "2025-01-31")
    assert "Today Date: 31 Jan 2025\n" in decode_ids(tokenizer, render_chat(tokenizer, TALK[:1]))
    tokenizer.chat_template = "{{ strftime_now('%Y' + '%d') }}" + TEMPLATES["ChatML"]
    with pytest.raises(DataError, match="asks for today's date in a form that it computes"):
        keep_one_day(tokenizer, "2025-01-31")
