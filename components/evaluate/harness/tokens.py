"""Texts to token ids as lm-eval's HF backend makes them: a continuation is what the whole has more than its context."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError

Pair = tuple[list[int], list[int]]
"""Ids of a context and of the continuation behind it."""


class PairEncoder:
    """Encodes pairs for one model; texts longer than it can read lose tokens on the left."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, max_length: int, *, encoder_decoder: bool) -> None:
        self._tokenizer, self._max_length, self._apart = tokenizer, max_length, encoder_decoder
        begin = tokenizer.bos_token_id
        self.prefix_id = int(tokenizer.eos_token_id if begin is None else begin)
        """What stands before a text that stands behind nothing."""
        self._prefix_text = str(tokenizer.decode(self.prefix_id))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of whole texts, with what the tokenizer puts around one unless the text begins with it."""
        found: dict[int, list[int]] = {}
        for begun in (False, True):
            places = [place for place, text in enumerate(texts) if text.startswith(self._prefix_text) == begun]
            options = {"add_special_tokens": False} if begun else {}
            found |= dict(zip(places, self._call([texts[p] for p in places], **options), strict=True))
        return [found[place] for place in range(len(texts))]

    def encode_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Pair]:
        """Ids of contexts and continuations; the prefix stands for an empty context.

        Raises DataError for a continuation that has no token, or more than the model can read.
        """
        moved = [move_spaces(*pair) for pair in pairs]
        contexts = sorted({context for context, _ in moved if context})
        known = dict(zip(contexts, self.encode(contexts), strict=True))
        if self._apart:
            bare = self._call([continuation for _, continuation in moved], add_special_tokens=False)
            wholes: list[list[int]] = [[*known.get(c, []), *ids] for (c, _), ids in zip(moved, bare, strict=True)]
        else:
            wholes = self._encode_wholes(moved)
        split = [self._split(known.get(context), whole) for (context, _), whole in zip(moved, wholes, strict=True)]
        return [self._cut(pair, given) for pair, given in zip(split, pairs, strict=True)]

    def cut_prompt(self, ids: list[int], max_new_tokens: int) -> list[int]:
        """A prompt without what leaves no room for an answer. Raises DataError where there is no room at all."""
        room = self._max_length - (0 if self._apart else max_new_tokens)
        if room < 1:
            raise DataError(f"max_gen_toks: {max_new_tokens} leave no room in the model's {self._max_length} tokens")
        return ids[-room:]

    def _encode_wholes(self, pairs: Sequence[tuple[str, str]]) -> list[list[int]]:
        behind = [place for place, (context, _) in enumerate(pairs) if context]
        alone = [place for place, (context, _) in enumerate(pairs) if not context]
        found = dict(zip(behind, self.encode(["".join(pairs[place]) for place in behind]), strict=True))
        found |= dict(zip(alone, self._call([pairs[p][1] for p in alone], add_special_tokens=False), strict=True))
        return [found[place] for place in range(len(pairs))]

    def _split(self, context: list[int] | None, whole: list[int]) -> Pair:
        if context is not None:
            return context, whole[len(context) :]
        if whole and whole[0] == self.prefix_id:
            return whole[:1], whole[1:]
        return [self.prefix_id], whole

    def _cut(self, pair: Pair, given: tuple[str, str]) -> Pair:
        context, continuation = pair
        if not continuation:
            raise DataError(f"the continuation {given[1]!r:.60} has no token of its own behind {given[0][-40:]!r}")
        if len(continuation) > self._max_length:
            raise DataError(f"a continuation of {len(continuation)} tokens does not fit in {self._max_length}")
        room = self._max_length if self._apart else self._max_length + 1 - len(continuation)
        return context[-room:], continuation

    def _call(self, texts: Sequence[str], **options: bool) -> list[list[int]]:
        return [list(ids) for ids in self._tokenizer(list(texts), **options)["input_ids"]] if texts else []


def move_spaces(context: str, continuation: str) -> tuple[str, str]:
    """White space that a context ends with goes to the continuation, where tokenizers want it."""
    kept = context.rstrip()
    return kept, context[len(kept) :] + continuation
