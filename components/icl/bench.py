"""One model's place of work: pools, formats and ways to choose are made once, then each item is asked in each cell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from transformers import PreTrainedTokenizerFast

from components.base.errors import ParamsError
from components.base.rng import derive_seed
from components.generation.pool import Pool
from components.icl.config import GridConfig
from components.icl.grid import Cell
from components.icl.honesty import overlap
from components.icl.samples import Sample
from components.model.capabilities import read_prompt_form
from components.prompting.asker import Asker
from components.prompting.asking import AskAll, AskedModel, Steps
from components.prompting.format.prompters import build_prompter, reword_item
from components.prompting.method.config import ProgramMethod
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
from components.tasks.programs import show_programs
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
        self._prompter = cache(self._build_prompter)
        self._model = describe_model(pool, asker.ask, room)
        self._pools: dict[tuple[str, bool, int], ExemplarPool] = {}
        self._programs: dict[str, Task] = {}
        self._choices: dict[tuple[str, str, bool, int], tuple[ExemplarPool, Choose]] = {}

    def ask(self, task: Task, cell: Cell, item: Item) -> Steps[Asked]:
        """Choose demonstrations, arrange them, and come by an answer."""
        cfg = self._cfg
        form, method, order = cfg.formats[cell.format], cfg.methods[cell.method], cfg.orders[cell.order]
        prompter, seed = self._prompter(cell.format), derive_seed(self._seed, "icl", cell.draw, task.name, item.id)
        item = replace(item, nearest_last=order.kind == "nearest_last")
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

    def _build_prompter(self, name: str) -> Prompter:
        return build_prompter(self._cfg.formats[name], self._tokenizer, self._form, self._room)

    def _choose(self, task: Task, cell: Cell, choice: int) -> tuple[ExemplarPool, Choose]:
        """The pool of a draw, and the way to choose of a cell; a method's further choices are draws of their own."""
        draw = cell.draw if not choice else derive_seed(cell.draw, "choice", choice)
        programs = isinstance(self._cfg.methods[cell.method], ProgramMethod)
        shown = self._show_programs(task, cell) if programs else task
        if (task.name, programs, draw) not in self._pools:
            pool = ExemplarPool(shown, self._seed, draw=draw, model=self._model)
            self._pools[task.name, programs, draw] = pool
        key = (task.name, cell.selection, programs, draw)
        selection = self._cfg.selections[cell.selection]
        require_pool(shown, selection, cell.shots, f"icl.selections.{cell.selection}")
        if key not in self._choices:
            self._choices[key] = open_selection(self._pools[task.name, programs, draw], selection)
        return self._choices[key]

    def _show_programs(self, task: Task, cell: Cell) -> Task:
        if task.name not in self._programs:
            self._programs[task.name] = show_programs(task)
        found = self._programs[task.name]
        if cell.shots and not found.pool:
            raise ParamsError(
                f"icl.methods.{cell.method}: no solution of the task {task.name!r} is a chain of equations, which "
                "could be shown as a program"
            )
        return found


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
        overlaps=any(overlap(item.question, question, cfg.overlap_ngram_words) for question in shown),
        prompt=decode_ids(tokenizer, answered.prompt.ids) if answered.prompt else None,
        completions=answered.texts,
        answers=answered.answers,
        extracted=answered.answer,
        gold=worded.gold,
        right=tuple(is_match(answer, worded.gold, judge.metric) for answer in answered.answers),
        correct=is_match(answered.answer, worded.gold, judge.metric),
    )
