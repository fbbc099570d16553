"""Write goldens.json: what lm-eval 0.4.13 itself asks for every page of pages.py.

Run by a Python that has lm_eval==0.4.13 (and datasets, transformers and tokenizers), from this folder:

    python make_goldens.py

Of each item the file has its number, lm-eval's own `prompt_hash`, and a hash of its requests as JSON: contexts,
continuations, generation settings.
"""

import hashlib
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3]))
os.environ["HF_DATASETS_OFFLINE"] = os.environ["HF_HUB_OFFLINE"] = "1"

from lm_eval import simple_evaluate  # noqa: E402
from lm_eval.models.dummy import DummyLM  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402
from tokenizers import Tokenizer, models  # noqa: E402
from transformers import PreTrainedTokenizerFast  # noqa: E402

from tests.unit.evaluate.harness import pages  # noqa: E402


class ChatDummy(DummyLM):  # type: ignore[misc]
    """lm-eval's dummy model with a tokenizer whose template is ours, applied as its HF backend applies it."""

    chat_template_args: dict[str, object] = {}  # noqa: RUF012
    apply_chat_template = HFLM.apply_chat_template

    def chat_template(self, chat_template: bool | str = False) -> str:
        return str(self.tokenizer.chat_template)

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        return ["lol"] * len(requests)


def main() -> None:
    goldens: dict[str, list[list[object]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pages.write_rows(Path(folder))
        pages.write_parquet(Path(folder))
        paths = pages.write_pages(Path(folder))
        for name in paths:
            goldens[name] = ask(folder, name, {})
        for name, chat in pages.CHATS.items():
            goldens[f"{name} in chat"] = ask(folder, name, chat)
    versions = {name: version(name) for name in ("lm_eval", "datasets", "transformers", "jinja2", "pyyaml")}
    told = {"made_with": {"python": sys.version.split()[0], **versions}, "items": goldens}
    text = json.dumps(told, separators=(",", ":")).replace(']],"', ']],\n"')
    (HERE / "goldens.json").write_text(text + "\n", encoding="utf-8")
    print(len(goldens), "pages,", sum(map(len, goldens.values())), "items")


def ask(folder: str, name: str, chat: dict[str, object]) -> list[list[object]]:
    lm = ChatDummy()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel({"x": 0, "</s>": 1}, unk_token="x")), eos_token="</s>"
    )
    tokenizer.chat_template = pages.STRICT_TEMPLATE if chat.get("strict") else pages.CHAT_TEMPLATE
    lm.__dict__["tokenizer"] = tokenizer
    options = {key: value for key, value in chat.items() if key != "strict"}
    manager = TaskManager(include_path=folder, include_defaults=False)
    found = simple_evaluate(
        model=lm,
        tasks=[name],
        task_manager=manager,
        log_samples=True,
        bootstrap_iters=0,
        apply_chat_template=bool(chat),
        **options,
    )
    return [summarise(sample) for sample in found["samples"][name]]


def summarise(sample: dict[str, Any]) -> list[object]:
    """The row's number, lm-eval's hash of the first context, and one of all the requests."""
    requests = json.dumps(sample["arguments"], ensure_ascii=False, sort_keys=True)
    return [sample["doc_id"], sample["prompt_hash"], hashlib.sha256(requests.encode()).hexdigest()[:16]]


if __name__ == "__main__":
    main()
