"""Selections that ask the model, or the user's own code. Those that ask cost what they ask, once a model and task."""

from typing import Annotated, Any, Literal

from pydantic import Field

from components.base.config import Config, NonNegativeFloat, PositiveFloat, PositiveInt


class EprSelection(Config):
    """A retriever trained by the model's own verdicts (EPR, Rubin et al. 2022, arXiv 2112.08633)."""

    kind: Literal["epr"]
    questions: PositiveInt = 64
    """Questions of the pool to learn from; each costs as many likelihoods as are recalled."""
    recalled: Annotated[int, Field(ge=2)] = 50
    """Candidates for each question, by BM25."""
    kept: PositiveInt = 5
    """Best and worst of the candidates that count as helpful and as useless."""
    cot: bool = False
    """Whether answers are weighed with their steps."""
    width: PositiveInt = 64
    """Of the encoders' output."""
    steps: PositiveInt = 150
    """Updates of the encoders."""
    batch_size: Annotated[int, Field(ge=2)] = 32
    """Questions an update; those of the others of a batch count as negative."""
    learning_rate: PositiveFloat = 0.02
    """Of Adam."""


class LmGainSelection(Config):
    """Those that make the model surest of others' answers (InfoScore with a progressive filter, Li and Qiu 2023,
    arXiv 2302.13539)."""

    kind: Literal["lm_gain"]
    first: PositiveInt = 4
    """Questions that score all candidates in the first round."""
    factor: Annotated[float, Field(gt=1.0)] = 2.0
    """One of so many candidates stays a round, scored by so many times as many questions."""
    cot: bool = False
    """Whether answers are weighed with their steps."""


class BanditSelection(Config):
    """Shown one after the other by a learned policy (Zhang et al. 2022, arXiv 2211.04486): offline Q-learning with a
    conservative term."""

    kind: Literal["bandit"]
    reward_items: PositiveInt = 16
    """Questions of the pool whose accuracy is the reward; they are never shown."""
    episodes: PositiveInt = 48
    """Random sequences of demonstrations to learn from; each beginning of one is asked with all questions."""
    cot: bool = False
    """Whether questions are asked for their steps."""
    max_new_tokens: PositiveInt = 12
    """Bound on an answer."""
    hidden: PositiveInt = 32
    """Width of the network of values."""
    steps: PositiveInt = 200
    """Updates of it."""
    learning_rate: PositiveFloat = 0.01
    """Of Adam."""
    conservatism: NonNegativeFloat = 0.05
    """Weight of the conservative term (Kumar et al. 2020, arXiv 2006.04779) beside the squared error; 0 is plain."""
    target_every: PositiveInt = 20
    """Updates after which the target network takes over the weights."""


class AutoCotSelection(Config):
    """One of each group of like questions, solved by the model itself (Auto-CoT, Zhang et al. 2022,
    arXiv 2210.03493)."""

    kind: Literal["auto_cot"]
    max_question_tokens: PositiveInt = 60
    """Longer questions are passed over."""
    max_steps: PositiveInt = 5
    """Longer chains are passed over."""
    max_new_tokens: PositiveInt = 64
    """Bound on a chain."""


class BootstrappedSelection(Config):
    """Those that the model solved right by itself, in its own words (as in DSPy, Khattab et al. 2023,
    arXiv 2310.03714); where they are too few, others with their known solutions."""

    kind: Literal["bootstrapped"]
    max_new_tokens: PositiveInt = 64
    """Bound on a chain."""


class ExternalSelection(Config):
    """By a callable of the user's own: `choose(exemplars, item, count, seed, **options)` gives places among the
    exemplars."""

    kind: Literal["external"]
    target: Annotated[str, Field(pattern=r"^[\w.]+:\w+$", description="package.module:function")]
    options: dict[str, Any] = Field(default_factory=dict)
    """Whatever the callable wants to be told."""


LearnedSelection = (
    EprSelection | LmGainSelection | BanditSelection | AutoCotSelection | BootstrappedSelection | ExternalSelection
)
