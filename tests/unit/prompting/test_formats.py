"""How a prompt looks in each format."""

from collections.abc import Sequence

import pytest

from components.base.errors import DataError, ParamsError
from components.prompting.format.config import ChatFormat, ExternalFormat, FieldsFormat, Format, TrainedFormat
from components.prompting.format.prompters import build_prompter, reword_item
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig
from components.tasks.prompt import PromptForm
from components.tasks.score import Judge
from components.tasks.task import Exemplar, Item, TaskForm
from components.text.tokenizer import decode_ids
from tests.tiny import make_tokenizer

FORM = TaskForm("t", ChatPromptConfig(), DocumentPromptConfig(), {})
JUDGE = Judge((), options=("bad", "good"))
ITEM = Item("t/0", "test", "Q2?", "bad", FORM, JUDGE, exemplars=(Exemplar("Q1?", "good", None),))
TOKENIZER = make_tokenizer()


def write(cfg: Format, trained: PromptForm = "chat", room: int = 200) -> str:
    prompt = build_prompter(cfg, TOKENIZER, trained, room).write(reword_item(ITEM, cfg), cot=False, shown=True)
    assert prompt is not None
    return decode_ids(TOKENIZER, prompt.ids)


def say_plainly(item: Item, shown: Sequence[Exemplar], *, cot: bool, mark: str) -> str:
    return mark.join([*(f"{one.question} {one.answer_only}" for one in shown), item.question])


def say_in_turns(item: Item, shown: Sequence[Exemplar], *, cot: bool) -> list[dict[str, str]]:
    return [{"role": "user", "content": item.question}]


def say_nothing(item: Item, shown: Sequence[Exemplar], *, cot: bool) -> int:
    return 3


CHAT = "<|user|>Q1? Give only the answer.<|assistant|>good<|endoftext|><|user|>Q2? Give only the answer.<|assistant|>"


@pytest.mark.parametrize(
    ("cfg", "text"),
    [
        (TrainedFormat(kind="as_trained"), CHAT),
        (FieldsFormat(kind="fields"), "Question: Q1?\nAnswer: good<|endoftext|>Question: Q2?\nAnswer: The answer is"),
        (
            FieldsFormat(kind="fields", description="Judge.", document="{{ question }} =>", separator="\n\n"),
            "Judge.\n\nQ1? => good\n\nQ2? => The answer is",
        ),
        (ChatFormat(kind="chat", description="Judge."), "<|system|>Judge." + CHAT),
        (
            ChatFormat(kind="chat", answer_only="{{ question }}", label_words={"good": "fine"}),
            "<|user|>Q1?<|assistant|>fine<|endoftext|><|user|>Q2?<|assistant|>",
        ),
        (ExternalFormat(kind="external", target=f"{__name__}:say_in_turns"), "<|user|>Q2?<|assistant|>"),
    ],
)
def test_a_format_writes_what_it_says(cfg: Format, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(cfg, ExternalFormat):
        monkeypatch.setattr("components.prompting.format.prompters.import_target", lambda *_: say_in_turns)
    assert write(cfg) == text


def test_a_format_does_not_hang_on_what_the_model_was_trained_in() -> None:
    for cfg in (FieldsFormat(kind="fields"), ChatFormat(kind="chat")):
        assert write(cfg, "chat") == write(cfg, "documents")


def test_a_callable_of_ones_own_writes_texts_within_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    cfg = ExternalFormat(kind="external", target="mine:say", options={"mark": " | "})
    monkeypatch.setattr("components.prompting.format.prompters.import_target", lambda *_: say_plainly)
    whole = write(cfg, "documents")
    assert whole == "Q1? good | Q2?"
    assert write(cfg, "documents", room=len(TOKENIZER(whole).input_ids) - 1) == "Q2?"
    monkeypatch.setattr("components.prompting.format.prompters.import_target", lambda *_: say_nothing)
    with pytest.raises(DataError, match="mine:say: int is neither a text nor a list of messages"):
        write(ExternalFormat(kind="external", target="mine:say"))


def test_a_callable_that_is_not_there_is_refused() -> None:
    with pytest.raises(ParamsError, match=r"icl.formats.target: 'nowhere:write' cannot be imported"):
        write(ExternalFormat(kind="external", target="nowhere:write"))


def test_other_words_for_options_are_the_items_and_the_judges_too() -> None:
    worded = reword_item(ITEM, TrainedFormat(kind="as_trained", label_words={"bad": "poor"}))
    assert worded.judge.options == ("poor", "good")
    assert worded.gold == "poor"
    assert worded.exemplars[0].answer_only == "good"
