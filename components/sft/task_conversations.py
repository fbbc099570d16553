"""Items of the run's tasks as conversations: instructions in all styles, each with a fitting answer."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import Any

from components.base.rng import derive_seed
from components.tasks.calls import write_calls
from components.tasks.config import SharedConfig
from components.tasks.phrasing import Style, phrase_instruction
from components.tasks.run_tasks import iterate_items
from components.tasks.task import Item
from components.tasks.uses import Use
from components.tools.config import ToolConfig

CONSISTENT_SHARE = 0.5
"""Conversations whose turns are all answered alike, so that few-shot prompts look familiar."""
Turns = list[dict[str, Any]]


def make_conversations(
    shared: SharedConfig,
    use: Use,
    count: int,
    *,
    stream: str,
    styles: Mapping[Style, float],
    unconstrained_cot_rate: float,
    max_turns: int,
    demonstrations: int,
    tasks: Sequence[str] | None,
) -> Iterator[Turns]:
    """`count` conversations of 1 to `max_turns` items each, every item used at most once; fewer where items run out.

    Before them stand so many demonstrations, whose answers are not to be learned.
    """
    rng = Random(derive_seed(shared.seed, "conversations", use, stream))
    turns = [demonstrations + rng.randint(1, max_turns) for _ in range(count)]
    items = iterate_items(shared, use, sum(turns), stream=stream, names=tasks, where="sft.data")
    told = (styles, unconstrained_cot_rate, rng, shared.tool)
    made = (_converse(list(islice(items, n)), demonstrations, *told) for n in turns)
    return (messages for messages in made if len(messages) > 2 * demonstrations)


def _converse(
    items: Sequence[Item],
    shown: int,
    styles: Mapping[Style, float],
    unconstrained_cot_rate: float,
    rng: Random,
    tool: ToolConfig,
) -> Turns:
    """One conversation; half of them keep the first turn's way of answering to the end, and so do all that show some.

    The answers of the first `shown` items have the weight 0.
    """
    consistent = rng.random() < CONSISTENT_SHARE or shown > 0
    kept: bool | None = None
    messages: Turns = []
    for place, item in enumerate(items):
        solution = write_calls(item.require_solution(), tool)
        worked = solution.cot is not None
        style, cot = _draw_style(styles, kept if worked else False, unconstrained_cot_rate, rng)
        kept = cot if consistent else None
        asked = phrase_instruction(solution.question, style, item.form.phrasings, rng)
        messages.append({"role": "user", "content": asked})
        answer: dict[str, Any] = {"role": "assistant", "content": solution.say(cot=cot)}
        messages.append(answer | {"weight": 0} if place < shown else answer)
    return messages


def _draw_style(
    styles: Mapping[Style, float], kept: bool | None, unconstrained_cot_rate: float, rng: Random
) -> tuple[Style, bool]:
    """A style and whether it is answered with steps; `kept` is the way of answering to stay with."""
    fitting = {style: weight for style, weight in styles.items() if weight and _fits(style, kept)}
    if not fitting:  # only steps are asked for, and this item has none
        return "unconstrained", False
    style = rng.choices(list(fitting), list(fitting.values()))[0]
    if style != "unconstrained":
        return style, style == "cot"
    return style, rng.random() < unconstrained_cot_rate if kept is None else kept


def _fits(style: Style, kept: bool | None) -> bool:
    return kept is None or style == "unconstrained" or (style == "cot") == kept
