"""What was asked already and how it was answered, by the hash of its content: a killed run goes on where it was."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from components.base.hashing import hash_data


class AnswerStore:
    """Answers in a file of one JSON line each, written as they come; what a kill cut off is asked again."""

    def __init__(self, path: Path, scope: Any) -> None:
        """`scope` is all that an answer depends on beside its question: the model, its dtype."""
        self._path, self._scope = path, hash_data(scope)
        self._answers: dict[str, Any] = {}
        if path.exists():
            self._answers = dict(_read_whole_lines(path.read_bytes()))
        path.parent.mkdir(parents=True, exist_ok=True)
        # A line that was cut off must not run into the next one.
        cut = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
        self._file = path.open("a", encoding="utf-8")
        if cut:
            self._file.write("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def make_key(self, question: Any) -> str:
        """The key of a JSON-ready question within the store's scope."""
        return hash_data([self._scope, question])

    def find(self, key: str) -> Any | None:
        """The answer, or None."""
        return self._answers.get(key)

    def add(self, answers: Iterable[tuple[str, Any]]) -> None:
        """Keep answers, on the disk when this returns."""
        for key, answer in answers:
            self._answers[key] = answer
            self._file.write(json.dumps([key, answer], ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def _read_whole_lines(data: bytes) -> Iterable[tuple[str, Any]]:
    for line in data.splitlines():
        try:
            key, answer = json.loads(line)
        except (ValueError, TypeError):  # the last line of a run that was killed
            continue
        yield key, answer
