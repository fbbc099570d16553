"""Which tokens end what the assistant says: derived here once, and carried by every model folder."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerFast


def find_end_ids(tokenizer: PreTrainedTokenizerFast, declared: Sequence[int] = ()) -> list[int]:
    """The tokenizer's own end token first, then those that a model's generation config declares."""
    own = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
    return list(dict.fromkeys([*own, *(token for token in declared if 0 <= token < len(tokenizer))]))
