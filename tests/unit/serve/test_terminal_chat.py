"""Talk in the terminal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.serve import chat
from tests.tiny import make_tokenizer, write_model


def test_a_conversation_goes_on_until_an_empty_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[list[str]] = []

    def speak(messages: chat.Messages) -> Iterator[str]:
        heard.append([message["content"] for message in messages])
        yield from ("an", "swer")

    lines = iter(["one", "two", "", "three"])

    def read_line(_: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read_line)
    monkeypatch.setattr(chat, "ask_folder", lambda _: speak)
    chat.chat()
    assert heard == [["one"], ["one", "answer", "two"], ["three"]]
    assert capsys.readouterr().out.count("answer") == 3


def test_a_model_folder_answers_in_pieces_that_make_one_text(tmp_path: Path) -> None:
    stage = write_model(make_tokenizer(), tmp_path / "sft")
    speak = chat.ask_folder(stage / "model")
    question = [{"role": "user", "content": "How many?"}]
    assert "".join(speak(question)) == "".join(speak(question)) != ""
