"""Figures of the stages that make data: corpus, tokens and preferences."""

from pydantic import Field

from components.metrics.figures import Count, Figure, Figures, Share, StageFigures


class FunnelRow(Figures):
    """What one rule of the corpus dropped, in documents and in bytes of raw text; `kept` is what was left."""

    rule: str
    documents: int
    bytes: int


class Drop(Figures):
    """Documents, and bytes of their raw text."""

    documents: int
    bytes: int


class CurvePoint(Figures):
    """Planted pairs of about one Jaccard index: how many of them are proposed, and how many by the formula."""

    jaccard: float
    measured: float
    theory: float
    pairs: int


class NearDuplicateSearch(Figures):
    """How one source was searched for near-duplicates."""

    threshold: float
    bands: int
    rows: int
    compared_pairs: Count = None
    dropped: Count = None
    curve: list[CurvePoint] = Field(default_factory=list)


class SourceFigures(Figures):
    """What one source gave: dropped bytes are of the raw text, kept bytes of the cleaned one."""

    documents_in: Count = None
    bytes_in: Count = None
    dropped: dict[str, Drop] = Field(default_factory=dict)
    documents_out: Count = None
    bytes_out: Count = None
    share_of_bytes: Share = None
    documents_repaired: Count = None


class CorpusMetrics(StageFigures):
    """The funnel from raw rows to documents, of the whole corpus and of each source."""

    documents_in: Count = None
    bytes_in: Count = None
    documents_out: Count = None
    bytes_out: Count = None
    share_of_bytes: Share = None
    documents_repaired: Count = None
    documents_train: Count = None
    documents_validation: Count = None
    malformed_rows: Count = None
    evaluation_items: Count = None
    """Items of tasks that no document may hold."""
    evaluation_items_unindexed: Count = None
    """Those among them that cannot be looked for."""
    funnel: list[FunnelRow] = Field(default_factory=list)
    redactions: dict[str, int] = Field(default_factory=dict)
    near_duplicates: dict[str, NearDuplicateSearch] = Field(default_factory=dict)
    sources: dict[str, SourceFigures] = Field(default_factory=dict)


class Fertility(Figures):
    """How far a tokenizer stretches text (Rust et al. 2021); 0 where there is nothing to divide by."""

    tokens_per_word: float
    bytes_per_token: float


class TokensMetrics(StageFigures):
    """Sizes of both splits, end tokens included, and fertility on validation text."""

    vocab_size: Count = None
    train_tokens: Count = None
    train_bytes: Count = None
    train_documents: Count = None
    validation_tokens: Count = None
    validation_bytes: Count = None
    validation_documents: Count = None
    lossless_share: Share = None
    """Documents that decode back to the very same text."""
    tokens_per_word: Figure = None
    bytes_per_token: Figure = None
    fertility: dict[str, Fertility] = Field(default_factory=dict)
    """By source."""


class PairFigures(StageFigures):
    """Pairs, and where they came from: sampled answers, or rows of the user's."""

    train_pairs: Count = None
    heldout_pairs: Count = None
    dropped_pairs: Count = None
    """Longer than `max_tokens`."""
    sampled_answers: Count = None
    sampled_correct_share: Share = None
    sampled_correct_shares: dict[str, float] | None = None
    """Of each task."""
    sampled_preferred_share: Share = None
    """Correct, and come to their end."""
    sampled_worked_share: Share = None
    equal_pairs: Count = None
    """Rows whose two answers are the same."""
    empty_answers: Count = None
    """Rows with an answer that says nothing."""
    contaminated: Count = None
    """Rows of the user's that hold test items, and were left out."""
    ignored_fields: dict[str, int] | None = None
    """Fields of the user's rows that are not used, and in how many rows each stands."""


class PreferencesMetrics(PairFigures):
    """Pairs, and how the model that they are made for ranks those held out by its own log-probabilities."""

    sft_accuracy: Share = None
    """Held-out pairs whose chosen answer it finds likelier."""
    sft_accuracy_per_token: Share = None
    """The same by the mean over the answer's tokens."""
