"""How far a tokenizer stretches text: the figures by which tokenizers are compared."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from components.base.errors import GateError
from components.metrics.data import Fertility, TokensMetrics


@dataclass
class Tally:
    """Counts over documents; end tokens are not counted, words are those of any script (`components.text.words`)."""

    documents: int = 0
    tokens: int = 0
    text_bytes: int = 0
    words: int = 0
    lossless: int = 0

    def add(self, *, tokens: int, text_bytes: int, words: int, lossless: bool) -> None:
        """Count one document."""
        self.documents += 1
        self.tokens += tokens
        self.text_bytes += text_bytes
        self.words += words
        self.lossless += lossless


Tallies = dict[str, Tally]
"""By source of the documents."""


def add_up(tallies: Iterable[Tally]) -> Tally:
    """One tally of all."""
    rows = list(tallies)
    return Tally(*(sum(getattr(row, field.name) for row in rows) for field in fields(Tally)))


def measure_fertility(tally: Tally) -> Fertility:
    """Tokens per word (Rust et al. 2021) and bytes per token; 0 where there is nothing to divide by."""
    return Fertility(
        tokens_per_word=round(tally.tokens / tally.words, 4) if tally.words else 0.0,
        bytes_per_token=round(tally.text_bytes / tally.tokens, 4) if tally.tokens else 0.0,
    )


def require_lossless(tally: Tally, min_share: float) -> float:
    """Share of documents that decode back unchanged; raises GateError below the pinned share."""
    share = tally.lossless / tally.documents
    if not share >= min_share:
        raise GateError(
            f"tokens: {tally.documents - tally.lossless} of {tally.documents} documents do not decode back "
            f"unchanged: lossless_share {share:.4f} is below min_lossless_share {min_share}"
        )
    return share


def summarise(vocab_size: int, train: Tallies, validation: Tallies, *, min_lossless_share: float) -> TokensMetrics:
    """The stage's metrics; fertility is measured on validation text, which the tokenizer never saw."""
    train_total, validation_total = add_up(train.values()), add_up(validation.values())
    lossless_share = require_lossless(add_up([train_total, validation_total]), min_lossless_share)
    fertility = measure_fertility(validation_total)
    return TokensMetrics(
        vocab_size=vocab_size,
        # Shards also hold one end token after each document.
        train_tokens=train_total.tokens + train_total.documents,
        train_bytes=train_total.text_bytes,
        train_documents=train_total.documents,
        validation_tokens=validation_total.tokens + validation_total.documents,
        validation_bytes=validation_total.text_bytes,
        validation_documents=validation_total.documents,
        lossless_share=lossless_share,
        tokens_per_word=fertility.tokens_per_word,
        bytes_per_token=fertility.bytes_per_token,
        fertility={source: measure_fertility(tally) for source, tally in sorted(validation.items())},
    )
