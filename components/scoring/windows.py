"""A long text cut into windows for its whole likelihood: each token is predicted once, with all that a model can read.

As lm-evaluation-harness cuts (`get_rolling_token_windows` with a context of one token, then `make_disjoint_window`).
"""

from collections.abc import Sequence

Window = tuple[list[int], list[int]]
"""A context, and the tokens that are predicted behind it."""


def cut_windows(ids: Sequence[int], prefix_id: int, max_length: int) -> list[Window]:
    """Windows of at most `max_length` read tokens; the first stands behind `prefix_id` alone, none for no token.

    The last window, which holds what is left over, is filled up with tokens before it.
    """
    ids = list(ids)
    if not ids:
        return []
    first = ids[:max_length]
    windows: list[Window] = [([prefix_id], first)]
    done = len(first)
    while done < len(ids):
        count = min(len(ids) - done, max_length)
        end = done + count
        read = ids[max(0, end - max_length - 1) : end - 1]
        windows.append((read[: len(read) - (count - 1)], ids[done:end]))
        done = end
    return windows
