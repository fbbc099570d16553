"""What comes out of the engine: token by token, or whole."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

FinishReason = Literal["stop", "length"]
"""An end token or a stop string came, or the limit."""
TokenLogprobs = dict[int, float]
"""Log-probabilities of one place's likeliest tokens, in nats, the likeliest first."""


class Event(NamedTuple):
    """One new token of one request; `finish_reason` is set on its last."""

    request_id: int
    token_id: int
    logprob: float
    finish_reason: FinishReason | None


@dataclass(frozen=True)
class Completion:
    """What a request produced: `token_ids` without the token that ended it, `logprobs` with that token's."""

    token_ids: list[int]
    logprobs: list[float]
    finish_reason: FinishReason
    end_token_id: int | None = None
    """The token that ended it; None when it ran to its limit, or into a stop string."""
    text: str | None = None
    """The answer before its stop string, where one was watched for: the ids may reach into the stop string."""
    top_logprobs: list[TokenLogprobs] | None = None
    """The likeliest tokens of each place, where they were asked for."""

    @property
    def whole_ids(self) -> list[int]:
        """The tokens with the one that ended them, as they were sampled."""
        return self.token_ids if self.end_token_id is None else [*self.token_ids, self.end_token_id]
