"""How an answer is come by."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, PositiveFloat, PositiveInt

Mass = Annotated[float, Field(gt=0.0, le=1.0)]


class DirectMethod(Config):
    """The answer at once (Brown et al. 2020, arXiv 2005.14165); where a task weighs its options, the likeliest."""

    kind: Literal["direct"]


class ChainMethod(Config):
    """Steps first, then the answer (Wei et al. 2022, arXiv 2201.11903)."""

    kind: Literal["chain_of_thought"]


class Sampling(Config):
    """How chains are sampled."""

    samples: PositiveInt
    """Chains per question."""
    temperature: PositiveFloat
    """Of the sampling: near 0 all chains are the greedy one."""
    top_p: Mass = 1.0
    """Samples from the likeliest tokens that hold this much of the probability; 1 is all."""


class VotesMethod(Sampling):
    """The majority of sampled chains (self-consistency, Wang et al. 2022, arXiv 2203.11171)."""

    kind: Literal["self_consistency"]


Method = Annotated[
    DirectMethod | ChainMethod | VotesMethod, Field(discriminator="kind", description="One way to come by an answer.")
]
