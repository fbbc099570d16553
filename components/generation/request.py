"""What the engine can be asked: a prompt, how to sample, and what else bears on one answer alone."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from components.generation.logits_processors import LogitsProcessor
from components.generation.sampling import SamplingParams

TokenForcer = Callable[[Sequence[int]], Sequence[int]]
"""Reads the tokens of an answer so far and returns those that must come next, instead of sampled ones; mostly none.

A tool's result is written into an answer this way: once its call is complete, the tokens of the result are forced.
"""


@dataclass(frozen=True)
class GenerationRequest:
    """A prompt, and everything that is wanted of its answer."""

    prompt_ids: Sequence[int]
    sampling: SamplingParams
    end_token_ids: Collection[int] | None = None
    """Tokens of which any ends this answer; None: those of the engine."""
    stop: tuple[str, ...] = ()
    """Texts of which any ends this answer; an engine that is asked for them must be able to decode."""
    top_logprobs: int = 0
    """So many likeliest tokens are told for each place of the answer."""
    logits_processors: tuple[LogitsProcessor, ...] = ()
    """Applied in order to the logits of each place, before a token is chosen."""
    force_tokens: TokenForcer | None = None
    """Asked after each token; what it returns counts as tokens of the answer."""

    @property
    def is_plain(self) -> bool:
        """Whether sampling is all that is wanted, so that no step need look at this request by itself."""
        special = (self.stop, self.top_logprobs, self.logits_processors, self.force_tokens)
        return self.end_token_ids is None and not any(special)
