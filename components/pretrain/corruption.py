"""Span corruption: spans of a text give way to sentinels, and the targets say what stood there.

Source: Raffel et al. 2020 (arXiv 1910.10683), sections 3.1.4 and 3.3.4. Shapes: L tokens of a text.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def count_noise(length: int, corruption: float, mean_span: float) -> tuple[int, int]:
    """Hidden tokens and their spans in a text of at least two tokens; both at least one."""
    noise = min(max(round(length * corruption), 1), length - 1)
    spans = min(max(round(noise / mean_span), 1), length - noise)
    return noise, spans


def draw_noise(length: int, corruption: float, mean_span: float, rng: np.random.Generator) -> Mask:
    """Which tokens are hidden, [L]: spans of random lengths behind kept stretches of random lengths."""
    noise, spans = count_noise(length, corruption, mean_span)
    kept, hidden = _cut(length - noise, spans, rng), _cut(noise, spans, rng)
    runs = np.stack([kept, hidden], axis=1).reshape(-1)
    return np.repeat(np.arange(2 * spans) % 2 == 1, runs)


def _cut(total: int, parts: int, rng: np.random.Generator) -> Ids:
    """Random positive lengths that sum to the total, each way to cut equally likely."""
    cuts = np.sort(rng.choice(total - 1, size=parts - 1, replace=False)) + 1
    return np.diff(np.concatenate([[0], cuts, [total]]))


def corrupt(ids: Ids, noise: Mask, sentinels: Sequence[int]) -> tuple[Ids, Ids]:
    """Inputs with one sentinel for each hidden span; targets with each sentinel and its span, then one sentinel."""
    starts = noise & ~np.concatenate([[False], noise[:-1]])
    order = np.cumsum(starts) - 1
    inputs: list[int] = []
    targets: list[int] = []
    for token, hidden, first, span in zip(ids.tolist(), noise.tolist(), starts.tolist(), order.tolist(), strict=True):
        if first:
            inputs.append(sentinels[span])
            targets.append(sentinels[span])
        (targets if hidden else inputs).append(token)
    targets.append(sentinels[int(starts.sum())])
    return np.array(inputs, dtype=np.int64), np.array(targets, dtype=np.int64)


def restore(inputs: Ids, targets: Ids, sentinels: Sequence[int]) -> Ids:
    """The text again: each sentinel of the inputs gives way to what follows it in the targets."""
    marks = set(sentinels)
    spans: dict[int, list[int]] = {}
    current: list[int] = []
    for token in targets.tolist():
        if token in marks:
            current = spans.setdefault(token, [])
        else:
            current.append(token)
    found: list[int] = []
    for token in inputs.tolist():
        found.extend(spans.get(token, []) if token in marks else [token])
    return np.array(found, dtype=np.int64)


def fit_length(room: int, corruption: float, mean_span: float) -> int:
    """Tokens of the longest text whose inputs and targets together take `room` tokens at most."""
    length = room
    while length > 2 and length + 2 * count_noise(length, corruption, mean_span)[1] + 1 > room:
        length -= 1
    return length
