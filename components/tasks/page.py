"""A user's task page as a task of the run: items of each use, as many as its rows give."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random

from components.base.errors import DataError, ParamsError
from components.base.rng import derive_seed
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.tasks.config import FileRowsConfig, HubRowsConfig, PageConfig, TaskPageConfig
from components.tasks.page_items import PageItems, read_items
from components.tasks.phrasing import Phrasings
from components.tasks.task import Exemplar, Item, Task, TaskForm
from components.tasks.uses import NAMES, Use


@dataclass(frozen=True)
class PageTask:
    """A page under the name that the run gives it; its rows are read once, when an item is first asked for.

    Raises ParamsError or DataError then, with the place of the mistake.
    """

    name: str
    cfg: PageConfig
    seed: int

    def count_items(self, use: Use) -> int | None:
        """As many as rows fall to the use."""
        return len(self._of(use))

    def draw_item(self, use: Use, index: int, *, stream: str = "") -> Item:
        """The stream's item number `index`; raises DataError when there are not so many."""
        items = self._order(use, stream)
        if index >= len(items):
            raise DataError(f"{self.name}: it has {len(items)} items for {NAMES[use]}, and number {index} is asked for")
        return items[index]

    def draw_items(self, use: Use, count: int, *, stream: str = "") -> list[Item]:
        """The stream's first `count` items, or all."""
        return self._order(use, stream)[:count]

    def draw_drill(self, index: int) -> str:
        """Refused: a page has none."""
        raise DataError(f"{self.name}: a page has no drills; set drill_rate to 0")

    def make_task(self, count: int, *, exemplar_pool: int, shots: int) -> Task:
        """At most `count` items for testing, in the order of the rows, with the page's exemplars or drawn ones."""
        chosen = {item.id for item in self.draw_items("test", count, stream="evaluate")}
        items = [item for item in self._of("test") if item.id in chosen]
        if self._page.exemplars:
            pool = [Exemplar(e.question, e.answer_only, e.cot) for e in self._page.exemplars]
            self._require(len(pool), shots)
            items = [replace(item, exemplars=tuple(pool[:shots])) for item in items]
        else:
            pool = [item.require_solution() for item in self.draw_items("train", exemplar_pool, stream="exemplars")]
            self._require(len(pool), shots)
            rng = Random(derive_seed(self.seed, self.name, "exemplars"))
            items = [replace(item, exemplars=tuple(rng.sample(pool, shots))) for item in items]
        return Task(self.name, tuple(items), tuple(pool), self._read.ignored_fields)

    def _require(self, found: int, shots: int) -> None:
        if found < shots:
            raise ParamsError(
                f"{self.cfg.path}: exemplars: {shots} shots are asked for, {found} are here; write them into the page, "
                "or let rows be for training"
            )

    @cached_property
    def _page(self) -> TaskPageConfig:
        page: TaskPageConfig = validate(TaskPageConfig, read_yaml(Path(self.cfg.path)), where=self.cfg.path)
        return page

    @cached_property
    def _read(self) -> PageItems:
        page = self._page
        by_likelihood = page.choices is not None and page.choices.by == "likelihood"
        phrasings: Phrasings = {
            "cot": (page.chat.cot,),
            "answer_only": (page.chat.answer_only,),
            "unconstrained": (page.chat.plain,),
        }
        form = TaskForm(self.name, page.chat, page.base, phrasings, by_likelihood)
        return read_items(page, self._list_parts(), form, self.cfg.path)

    def _list_parts(self) -> list[tuple[FileRowsConfig | HubRowsConfig, Path]]:
        """Each part with the folder in which its path begins."""
        if self.cfg.rows is not None:
            return [(part, Path()) for part in self.cfg.rows]
        rows = self._page.rows
        parts = rows if isinstance(rows, list) else [rows]
        return [(part, self._choose_folder(part)) for part in parts]

    def _choose_folder(self, part: FileRowsConfig | HubRowsConfig) -> Path:
        beside = isinstance(part, FileRowsConfig) and part.path.startswith("./")
        return Path(self.cfg.path).parent if beside else Path(self.cfg.data_folder)

    def _of(self, use: Use) -> list[Item]:
        return [item for item in self._read.items if item.use == use]

    def _order(self, use: Use, stream: str) -> list[Item]:
        """The items of a use, in an order of the stream's own."""
        items = self._of(use)
        return Random(derive_seed(self.seed, self.name, use, stream)).sample(items, len(items))
