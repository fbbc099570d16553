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


class ZeroChainMethod(Config):
    """Steps without a demonstration, then the answer out of them (Kojima et al. 2022, arXiv 2205.11916): two stages,
    the second behind all that was said in the first."""

    kind: Literal["zero_shot_chain"]
    extraction: str = "Therefore, the answer is"
    """What the second stage begins with."""


class ComplexityMethod(Sampling):
    """The majority of the longest of sampled chains (Fu et al. 2022, arXiv 2210.00720)."""

    kind: Literal["complexity_vote"]
    kept: PositiveInt
    """Chains that vote: those with the most steps."""


class VerifiedMethod(Sampling):
    """Chains behind several choices of demonstrations, each weighed by the run's own reward model (DiVeRSe, Li et al.
    2022, arXiv 2206.02336)."""

    kind: Literal["verified_vote"]
    prompts: PositiveInt
    """Choices of demonstrations; `samples` chains are sampled behind each."""


class VerificationMethod(Sampling):
    """Of the answers of sampled chains the one from which the question's own numbers are best found again (Weng et al.
    2022, arXiv 2212.09561)."""

    kind: Literal["self_verification"]
    conditions: PositiveInt = 2
    """Numbers of a question that are hidden in turn, at most."""
    candidates: PositiveInt = 3
    """Different answers that are verified, the most frequent first."""


class LeastMethod(Config):
    """Simpler questions first, each behind the answers to those before it (Zhou et al. 2022, arXiv 2205.10625)."""

    kind: Literal["least_to_most"]
    decomposition: str = "{{ question }} Which simpler questions must be answered first?"
    """Template that asks for the simpler questions; whatever ends with a question mark counts as one."""
    questions: PositiveInt = 3
    """Simpler questions, at most."""


class ProgramMethod(Config):
    """A program, behind demonstrations whose solutions are programs; its result is the answer (PAL, Gao et al. 2022,
    arXiv 2211.10435; PoT, Chen et al. 2022, arXiv 2211.12588). Needs `icl.allow_programs`."""

    kind: Literal["program"]
    instruction: str = "{{ question }} Write a Python program that computes the answer."
    """Template of a turn that asks for a program, over `question`; where a prompt is no conversation, demonstrations
    say by themselves what is wanted."""


Method = Annotated[
    DirectMethod
    | ChainMethod
    | ZeroChainMethod
    | VotesMethod
    | ComplexityMethod
    | VerifiedMethod
    | VerificationMethod
    | LeastMethod
    | ProgramMethod,
    Field(discriminator="kind", description="One way to come by an answer."),
]
