"""One model's place of work: pools, formats and ways to choose are made once, then each item is asked in each cell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from transformers import PreTrainedTokenizerFast

from components.base.rng import derive_seed
from components.generation.pool import Pool
from components.icl.cell_tasks import CellTasks, Shown, choose_others, find_item
from components.icl.config import GridConfig
from components.icl.grid import Cell
from components.icl.honesty import overlap
from components.icl.samples import Sample
from components.model.capabilities import read_prompt_form
from components.prompting.asker import Asker
from components.prompting.asking import AskAll, AskedModel, Steps
from components.prompting.format.prompters import build_prompter, reword_item
from components.prompting.method.kinds import METHODS, count_choices
from components.prompting.method.question import Answered, Limits, Question
from components.prompting.order.arranging import Arranging
from components.prompting.order.kinds import ORDERS
from components.prompting.select import require_pool
from components.prompting.selection.kinds import open_selection
from components.prompting.selection.pool import Choose, ExemplarPool
from components.prompting.tool import call_tool
from components.retrieval.words import Floats
from components.scoring.embeddings import embed_texts
from components.tasks.calls import write_calls
from components.tasks.prompt import Prompter
from components.tasks.score import is_match
from components.tasks.task import Exemplar, Item, Task
from components.text.tokenizer import decode_ids, encode_text


@dataclass(frozen=True)
class Asked:
    """An item in the format's words, what it was shown with, and what came of it."""

    item: Item
    demonstrations: tuple[tuple[Exemplar, ...], ...]
    answered: Answered


class Bench:
    """Of one model."""

    def __init__(self, cfg: GridConfig, seed: int, asker: Asker, pool: Pool, room: int) -> None:
        self._cfg, self._seed, self._asker = cfg, seed, asker
        self._tokenizer, self._room = pool.tokenizer, room
        self._form = read_prompt_form(pool.config)
        self._prompters: dict[tuple[str, str], Prompter] = {}
        self._model = describe_model(pool, asker.ask, room)
        self._tasks = CellTasks(cfg)
        self._pools: dict[tuple[str, Shown, int], ExemplarPool] = {}
        self._choices: dict[tuple[str, str, Shown, int], tuple[ExemplarPool, Choose]] = {}

    def ask(self, task: Task, cell: Cell, item: Item) -> Steps[Asked]:
        """Choose demonstrations, arrange them, and come by an answer."""
        cfg = self._cfg
        form, method, order = cfg.formats[cell.format], cfg.methods[cell.method], cfg.orders[cell.order]
        seed = derive_seed(self._seed, "icl", cell.draw, task.name, item.id)
        prompter, task = self._find_prompter(task, cell.format), self._tasks.adapt(task, cell)
        item = replace(find_item(task, item), nearest_last=order.kind == "nearest_last")
        chosen = []
        for choice in range(count_choices(method)):
            pool, choose = self._choose(task, cell, choice)
            places = choose(item, cell.shots)
            worded = self._word(item, [pool.exemplars[place] for place in places], cell)
            own = Arranging(pool, places, worded, worded.exemplars, prompter)
            permutation = yield from ORDERS[type(order)](order, own)
            chosen.append(tuple(worded.exemplars[place] for place in permutation))
        limits = Limits(cfg.answer_max_new_tokens, cfg.cot_max_new_tokens)
        question = Question(worded, tuple(chosen), prompter, limits, seed, form.calibration)
        answered = yield from call_tool(METHODS[type(method)](method, question), cell.tool)
        return Asked(worded, tuple(chosen), answered)

    def _word(self, item: Item, exemplars: Sequence[Exemplar], cell: Cell) -> Item:
        """The item and its demonstrations in the words of the cell's format, with calls of its tool."""
        tool = self._cfg.tools[cell.tool]
        calling = tuple(write_calls(exemplar, tool) for exemplar in exemplars)
        return reword_item(replace(item, exemplars=calling), self._cfg.formats[cell.format])

    def _find_prompter(self, task: Task, name: str) -> Prompter:
        if (task.name, name) not in self._prompters:
            cfg = self._cfg.formats[name]
            self._prompters[task.name, name] = build_prompter(cfg, self._tokenizer, self._form, self._room, task.words)
        return self._prompters[task.name, name]

    def _choose(self, task: Task, cell: Cell, choice: int) -> tuple[ExemplarPool, Choose]:
        """The pool of a draw, and the way to choose of a cell; a method's further choices are draws of their own."""
        draw = cell.draw if not choice else derive_seed(cell.draw, "choice", choice)
        kind, selection = self._tasks.find_shown(cell), self._cfg.selections[cell.selection]
        words = task.words if kind == "page" else None
        if (task.name, kind, draw) not in self._pools:
            self._pools[task.name, kind, draw] = ExemplarPool(task, self._seed, draw=draw, model=self._model)
        key = (task.name, cell.selection, kind, draw)
        require_pool(task, selection, cell.shots, f"icl.selections.{cell.selection}")
        if key not in self._choices:
            pool, choose = open_selection(self._pools[task.name, kind, draw], selection)
            self._choices[key] = (pool, choose_others(choose, task.pool, words))
        return self._choices[key]


def describe_model(pool: Pool, ask: AskAll, room: int) -> AskedModel:
    """The model of a pool as kinds may ask it, with prompts in its own form of at most `room` tokens."""

    def embed(texts: Sequence[str]) -> Floats:
        vectors: Floats = pool.run(embed_texts, [encode_text(pool.tokenizer, text)[: pool.context] for text in texts])
        return vectors

    return AskedModel(ask, Prompter(pool.tokenizer, read_prompt_form(pool.config), room), embed)


def read_sample(
    name: str, task: Task, cell: Cell, item: Item, asked: Asked, tokenizer: PreTrainedTokenizerFast, cfg: GridConfig
) -> Sample:
    """What is kept of it."""
    answered, worded = asked.answered, asked.item
    judge = worded.judge
    shown = [exemplar.question for demonstrations in asked.demonstrations for exemplar in demonstrations]
    return Sample(
        model=name,
        task=task.name,
        id=item.id,
        cell=cell,
        shown=answered.prompt.shots if answered.prompt else 0,
        demonstrations=tuple(shown),
        overlaps=any(overlap(worded.question, question, cfg.overlap_ngram_words) for question in shown),
        prompt=decode_ids(tokenizer, answered.prompt.ids) if answered.prompt else None,
        completions=answered.texts,
        answers=answered.answers,
        extracted=answered.answer,
        gold=worded.gold,
        right=tuple(is_match(answer, worded.gold, judge.metric) for answer in answered.answers),
        correct=is_match(answered.answer, worded.gold, judge.metric),
    )
