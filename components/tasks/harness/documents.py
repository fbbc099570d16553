"""A row's question, options and answer: a column of it, a template, or what a function makes.

The rules are those of lm-eval 0.4.13 to the letter: a text of digits is a place among the options, and a text that is
a list in Python's writing is that list.
"""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from components.base.errors import DataError
from components.tasks.harness.config import HarnessPage, Text
from components.tasks.harness.rows import Doc, name_columns
from components.tasks.harness.sandbox import render

Target = str | int | Sequence[Any]


@dataclass(frozen=True)
class DocReader:
    """Reads rows by a page's keys; `columns` are those of the rows that are asked."""

    page: HarnessPage
    columns: frozenset[str]
    where: str

    def read_text(self, doc: Doc, given: Text | int | None = None) -> str | int:
        """The question, or the place of the right one of several contexts."""
        source = self.page.doc_to_text if given is None else given
        if isinstance(source, int):
            return source
        if callable(source):
            return self._call(source, doc, "doc_to_text")  # type: ignore[no-any-return]
        assert source is not None
        if source in self.columns:
            return self._require(self._column(doc, source, "doc_to_text"), doc, "doc_to_text")  # type: ignore[no-any-return]
        return self._read_place(self._render(source, doc, "doc_to_text"), "doc_to_text")

    def read_target(self, doc: Doc, given: Text | int | list[Any] | None = None) -> Target:
        """The answer, its place, or several. Raises DataError where there is none."""
        source = self.page.doc_to_target if given is None else given
        if isinstance(source, int | list):
            return source
        if callable(source):
            return self._require(self._call(source, doc, "doc_to_target"), doc, "doc_to_target")  # type: ignore[no-any-return]
        assert source is not None
        if source in self.columns:
            return self._require(self._column(doc, source, "doc_to_target"), doc, "doc_to_target")  # type: ignore[no-any-return]
        text = self._render(source, doc, "doc_to_target")
        if len(text) >= 2 and text[0] == "[" and text[-1] == "]":
            try:
                return list(_parse(text))
            except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
                return text
        return self._read_place(text, "doc_to_target")

    def read_choices(self, doc: Doc, given: Text | list[str] | dict[str, str] | None = None) -> list[str]:
        """The options. Raises DataError where they are no texts, or none."""
        source = self.page.doc_to_choice if given is None else given
        found: Any
        if isinstance(source, dict):
            found = list(source.values())
        elif isinstance(source, list):
            found = source
        elif callable(source):
            found = self._call(source, doc, "doc_to_choice")
        elif source is None:
            raise DataError(f"{self.where}: doc_to_choice: missing")
        elif source in self.columns:
            found = self._column(doc, source, "doc_to_choice")
        else:
            text = self._render(source, doc, "doc_to_choice")
            try:
                found = _parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                raise DataError(f"{self.where}: doc_to_choice: not a list in Python's writing: {text[:60]!r}") from None
        if not isinstance(found, list | tuple) or not found or not all(isinstance(c, str) and c for c in found):
            raise DataError(f"{self.where}: doc_to_choice: it takes a list of texts, got {repr(found)[:60]}")
        return list(found)

    def read_prefix(self, doc: Doc) -> str | None:
        """What the answer to a row that is asked begins with."""
        source = self.page.gen_prefix
        if source is None:
            return None
        if source in self.columns:
            return self._require(self._column(doc, source, "gen_prefix"), doc, "gen_prefix")  # type: ignore[no-any-return]
        return self._render(source, doc, "gen_prefix")

    def resolve(self, doc: Doc, source: str | None, key: str) -> str | None:
        """A column of this very row, or a template; None for nothing."""
        if not source:
            return None
        if source in doc:
            return self._require(doc[source], doc, key)  # type: ignore[no-any-return]
        return self._render(source, doc, key)

    def _column(self, doc: Doc, name: str, key: str) -> Any:
        if name not in doc:
            raise DataError(f"{self.where}: {key}: a row has no column {name!r}, only {name_columns(doc)}")
        return doc[name]

    def _require(self, value: Any, doc: Doc, key: str) -> Any:
        if value is None:
            raise DataError(f"{self.where}: {key}: the row's value is null: {repr(doc)[:100]}")
        return value

    def _render(self, template: str, doc: Doc, key: str) -> str:
        if not all(isinstance(name, str) for name in doc):
            raise DataError(f"{self.where}: {key}: columns without a name: {name_columns(map(str, doc))}")
        try:
            return render(template, doc, f"{self.where}: {key}")
        except DataError as error:
            told = f"; the row has {name_columns(doc)}" if "is undefined" in str(error) else ""
            raise DataError(f"{error}{told}") from None

    def _read_place(self, text: str, key: str) -> str | int:
        """Digits are a place where the page has options."""
        if not text.isdigit() or self.page.doc_to_choice is None:
            return text
        try:
            return int(_parse(text))
        except (SyntaxError, ValueError):
            raise DataError(
                f"{self.where}: {key}: {text[:60]!r} is neither a place among the options nor a text"
            ) from None

    def _call(self, function: Callable[..., Any], doc: Doc, key: str) -> Any:
        try:
            return function(doc)
        except Exception as error:  # whatever the page's own code raises
            reason = " ".join(str(error).split())
            raise DataError(f"{self.where}: {key}: {type(error).__name__}: {reason}") from None


def _parse(text: str) -> Any:
    """A value in Python's writing: literals alone, nothing is run."""
    return ast.literal_eval(text)
