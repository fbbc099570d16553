"""A page's words around demonstrations that others choose, as `components.evaluate.harness prompts` prints them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from components.base.errors import DataError
from components.tasks.harness.rows import Doc
from components.tasks.harness.task import HarnessTask
from components.tasks.task import Exemplar, Item


@dataclass(frozen=True)
class HarnessWords:
    """Of one page, whose questions have one context each."""

    task: HarnessTask

    @property
    def delimiter(self) -> str:
        """Between a question and its answer."""
        return self.task.page.target_delimiter

    @property
    def shows_asked(self) -> bool:
        """Whether demonstrations are of the rows that are asked."""
        return self.task.shows_asked

    @property
    def pool(self) -> tuple[Exemplar, ...]:
        """The rows that the page shows; of two that are written alike the first."""
        return tuple(self._shown)

    def pose(self, items: Sequence[Item], shots: int) -> tuple[Item, ...]:
        """The same items, their questions alone, each with what the page's own sampler draws for it."""
        drawn = {name_row(self.task, place): docs for place, docs in enumerate(self.task.draw_shown(shots))}
        return tuple(
            replace(
                item,
                question=self._read(self._asked[item.id]),
                exemplars=tuple(self._make_exemplar(doc) for doc in drawn[item.id]),
            )
            for item in items
        )

    def write(self, item: Item, exemplars: Sequence[Exemplar]) -> str:
        """All that stands before the answer. Raises DataError for an exemplar that is no row of the page's."""
        if not all(exemplar in self._shown for exemplar in exemplars):
            raise DataError(f"{self.task.where}: a page's words are for the rows that it shows, as they are")
        shown = [self._shown[exemplar] for exemplar in exemplars]
        return self.task.write_context(self._asked[item.id], shown, item.question)

    @cached_property
    def _asked(self) -> dict[str, Doc]:
        return {name_row(self.task, place): doc for place, doc in enumerate(self.task.rows.asked)}

    @cached_property
    def _shown(self) -> dict[Exemplar, Doc]:
        found: dict[Exemplar, Doc] = {}
        for doc in self.task.rows.shown:
            found.setdefault(self._make_exemplar(doc), doc)
        return found

    def _make_exemplar(self, doc: Doc) -> Exemplar:
        try:
            question, *answered = self.task.demonstrate(doc)
        except (TypeError, IndexError) as error:
            raise DataError(f"{self.task.where}: a row to show: {error}") from None
        return Exemplar(question.content, "".join(turn.content for turn in answered), None)

    def _read(self, doc: Doc) -> str:
        return str(self.task.reader.read_text(doc))


def name_row(task: HarnessTask, place: int) -> str:
    """The id of the item that a row is."""
    return f"{Path(task.where).name}:{place}"
