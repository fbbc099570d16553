"""Demonstrations that a callable of the user's own chooses."""

from collections.abc import Callable, Sequence

from components.base.errors import ParamsError
from components.base.external import import_target
from components.prompting.selection.learned_config import ExternalSelection
from components.prompting.selection.pool import Choose, ExemplarPool
from components.tasks.task import Item


def choose_externally(pool: ExemplarPool, cfg: ExternalSelection) -> Choose:
    """As `choose(exemplars, item, count, seed, **options)` says: different places in the pool, as many as asked."""
    call: Callable[..., Sequence[int]] = import_target(cfg.target, "selection.target")

    def choose(item: Item, count: int) -> list[int]:
        places = [int(place) for place in call(tuple(pool.exemplars), item, count, pool.seed, **cfg.options)]
        if len(places) != count or len(set(places)) != count or not set(places) <= set(range(len(pool.questions))):
            raise ParamsError(
                f"selection.target: {cfg.target!r} gave {places} for {item.id}, where {count} different places below "
                f"{len(pool.questions)} are asked for"
            )
        return places

    return choose
