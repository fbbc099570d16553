"""The nearest demonstrations by what the model itself makes of the questions."""

from components.prompting.selection.pool import Choose, ExemplarPool
from components.retrieval.dense import find_nearest, normalize_rows
from components.tasks.task import Item


def choose_by_hidden_states(pool: ExemplarPool) -> Choose:
    """By the cosine of the mean hidden states of the two questions."""
    keys_NC = normalize_rows(pool.model.embed(pool.questions))
    asked = list(dict.fromkeys(item.question for item in pool.items))
    queries_QC = normalize_rows(pool.model.embed(asked))
    ranked = dict(zip(asked, find_nearest(keys_NC, queries_QC, len(keys_NC)).tolist(), strict=True))

    def choose(item: Item, count: int) -> list[int]:
        places: list[int] = ranked[item.question][:count]
        return places

    return choose
