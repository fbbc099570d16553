"""Whether a demonstration gives its item away: a run of words that both have."""

from components.retrieval.words import split_words


def list_runs(text: str, length: int) -> frozenset[tuple[str, ...]]:
    """All runs of so many words; of a shorter text the whole of it."""
    words = split_words(text)
    if len(words) <= length:
        return frozenset([tuple(words)])
    return frozenset(tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def overlap(first: str, second: str, length: int) -> bool:
    """Whether two texts share a run of so many words, or one that is shorter stands in the other."""
    shorter = min(length, len(split_words(first)), len(split_words(second)))
    return shorter > 0 and not list_runs(first, shorter).isdisjoint(list_runs(second, shorter))
