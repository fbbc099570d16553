"""Orders by how one-sided a model's answers are under them.

Shapes: P questions, L labels.
"""

import math
from collections import Counter
from collections.abc import Sequence

from components.prompting.asking import Steps
from components.prompting.method.weighing import normalize
from components.prompting.order.arranging import Arranging
from components.prompting.order.config import EntropyOrder, LengthOrder
from components.prompting.order.probing import make_up_questions

Rows = list[list[float]]
"""By question, probabilities of the labels, [P, L]."""


def measure_entropy(shares: Sequence[float]) -> float:
    """In nats."""
    return -sum(share * math.log(share) for share in shares if share > 0)


def measure_global_entropy(probs_PL: Rows) -> float:
    """Entropy of how often each label is the likeliest, in nats."""
    said = Counter(max(range(len(row)), key=row.__getitem__) for row in probs_PL)
    return measure_entropy([count / len(probs_PL) for count in said.values()])


def measure_local_entropy(probs_PL: Rows) -> float:
    """Mean entropy of the labels behind each question, in nats."""
    return sum(measure_entropy(row) for row in probs_PL) / len(probs_PL)


def weigh_orders(
    arranging: Arranging, orders: Sequence[tuple[int, ...]], labels: tuple[str, ...], questions: Sequence[str]
) -> Steps[list[Rows]]:
    """Probabilities of the labels behind each question, by order; a question that is too long is left out."""
    asks = [[arranging.weigh(order, labels, question) for question in questions] for order in orders]
    flat = [one for rows in asks for row in rows for one in row]
    replies = iter((yield flat) if flat else ())
    return [[normalize([next(replies).value for _ in row]) for row in rows if row] for rows in asks]


def arrange_by_entropy(cfg: EntropyOrder, arranging: Arranging) -> Steps[list[int]]:
    """The order of most entropy over made-up questions; the first of equal ones."""
    orders = arranging.list_orders(cfg.max_orders)
    questions = (yield from make_up_questions(cfg, arranging, orders)) if len(orders) > 1 else []
    measured = yield from weigh_orders(arranging, orders, arranging.list_labels(cfg.labels), questions)
    measure = measure_global_entropy if cfg.kind == "global_entropy" else measure_local_entropy
    values = [measure(rows) if rows else 0.0 for rows in measured]
    return list(orders[max(range(len(orders)), key=values.__getitem__)])


def arrange_by_length(cfg: LengthOrder, arranging: Arranging) -> Steps[list[int]]:
    """The order of least entropy of the item's own answers; the first of equal ones."""
    orders = arranging.list_orders(cfg.max_orders)
    questions = [arranging.item.question] if len(orders) > 1 else []
    measured = yield from weigh_orders(arranging, orders, arranging.list_labels(cfg.labels), questions)
    values = [measure_local_entropy(rows) if rows else math.inf for rows in measured]
    return list(orders[min(range(len(orders)), key=values.__getitem__)])
