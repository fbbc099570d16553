"""What is asked equals, byte for byte, what lm-eval 0.4.13 asks: see make_goldens.py."""

import hashlib
import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from components.tasks.harness.chat import make_chat_template
from components.tasks.harness.task import ChatOptions, open_task
from tests.unit.evaluate.harness import pages

GOLDENS = json.loads((Path(__file__).parent / "goldens.json").read_text(encoding="utf-8"))["items"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("pages")
    pages.write_rows(path)
    pages.write_parquet(path)
    pages.write_pages(path)
    return path


def make_chat(options: dict[str, object]) -> ChatOptions:
    words = Tokenizer(models.WordLevel({"x": 0, "</s>": 1}, unk_token="x"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="</s>")
    tokenizer.chat_template = pages.STRICT_TEMPLATE if options.get("strict") else pages.CHAT_TEMPLATE
    instruction = options.get("system_instruction")
    return ChatOptions(
        make_chat_template(tokenizer),
        bool(options["fewshot_as_multiturn"]),
        instruction if isinstance(instruction, str) else None,
    )


def list_asked(path: Path, chat: ChatOptions) -> list[list[object]]:
    """As make_goldens.py tells of lm-eval's samples."""
    found: list[list[object]] = []
    for question in open_task(path).ask(chat):
        requests = json.dumps(question.arguments, ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(requests.encode()).hexdigest()[:16]
        found.append([question.doc_id, question.prompt_hash, digest])
    return found


def test_there_are_enough_pages() -> None:
    assert len(pages.list_pages()) >= 60


@pytest.mark.parametrize("name", pages.list_pages())
def test_prompts_and_requests_equal_those_of_lm_eval(name: str, folder: Path) -> None:
    assert list_asked(folder / f"{name}.yaml", ChatOptions()) == GOLDENS[name]


@pytest.mark.parametrize("name", pages.CHATS)
def test_conversations_equal_those_of_lm_eval(name: str, folder: Path) -> None:
    assert list_asked(folder / f"{name}.yaml", make_chat(pages.CHATS[name])) == GOLDENS[f"{name} in chat"]


def test_a_limit_asks_the_first_ones_as_they_were(folder: Path) -> None:
    asked = list(open_task(folder / "mc_letters_5.yaml").ask(limit=3))
    assert [[q.doc_id, q.prompt_hash] for q in asked] == [item[:2] for item in GOLDENS["mc_letters_5"][:3]]
