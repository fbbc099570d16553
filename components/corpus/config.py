"""Parameters of the corpus: where documents come from, and what is done to them."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from components.text.rows import SEPARATOR, RowFormat, TextUnit

QualityName = Literal["prose", "code", "off"]
PiiName = Literal["email", "ip", "phone", "secret"]


class _Source(Config):
    name: Annotated[str, Field(pattern=r"^[\w-]+$")]
    weight: PositiveFloat
    """Share of the corpus's bytes, relative to the other sources' weights."""
    near_duplicate_threshold: Fraction | None
    """Documents at least this alike (Jaccard, of their shingles) count as one; null leaves near-duplicates in."""


class StdlibParts(Config):
    """Relative weights of what the interpreter's own library holds."""

    docstrings: NonNegativeFloat
    topics: NonNegativeFloat
    code: NonNegativeFloat


class StdlibSource(_Source):
    """English and code from the standard library of the running interpreter."""

    kind: Literal["python_stdlib"]
    parts: StdlibParts


class WordProblemsSource(_Source):
    """Generated word problems, each with its answer worked or bare."""

    kind: Literal["word_problems"]
    worked_share: Fraction
    """Documents whose answer is worked; the rest answer at once."""


class _UserSource(_Source):
    quality: QualityName
    sample: Fraction
    """Share of the documents that is taken, drawn by a hash of each document's id."""


class TextSource(_UserSource):
    """Plain text files; `unit` is what one document is: `document` is what stands between separators."""

    kind: Literal["text"]
    path: str
    unit: TextUnit
    separator: Annotated[str, Field(min_length=1)] = SEPARATOR


class JsonlSource(_UserSource):
    """One JSON object per line; the text stands in `field`."""

    kind: Literal["jsonl"]
    path: str
    field: str


class ParquetSource(_UserSource):
    """Parquet files; the text stands in the column `field`."""

    kind: Literal["parquet"]
    path: str
    field: str


class HubSource(_UserSource):
    """A dataset of the Hugging Face hub (or a local dataset folder), streamed."""

    kind: Literal["hub"]
    dataset: str
    subset: str | None
    split: str
    revision: str | None
    field: str


Source = Annotated[
    StdlibSource | WordProblemsSource | TextSource | JsonlSource | ParquetSource | HubSource,
    Field(discriminator="kind"),
]


class UnicodeConfig(Config):
    """How broken text is mended (ftfy)."""

    normalization: Literal["NFC", "NFKC"] | None
    unescape_html: bool


class QualityRules(Config):
    """Thresholds of one kind of text; null turns a rule off. After Gopher (arXiv 2112.11446, A1.1) and C4.

    What the rules presume: `min_stop_words` counts eight English words, so it speaks of texts in Latin letters only
    and drops most that are not English; the length of words is measured where spaces separate them; `min_words` and
    `max_words` count words of any script, in those without spaces as decontamination does. A rule that presumes
    what a text has not lets it pass.
    """

    min_words: NonNegativeInt | None
    max_words: PositiveInt | None
    min_mean_word_chars: PositiveFloat | None
    max_mean_word_chars: PositiveFloat | None
    max_symbols_per_word: NonNegativeFloat | None
    max_bullet_lines: Fraction | None
    max_ellipsis_lines: Fraction | None
    min_alphabetic_words: Fraction | None
    min_stop_words: NonNegativeInt | None
    max_duplicate_lines: Fraction | None
    max_top_bigram: Fraction | None
    max_braces: Fraction | None
    min_alphanumeric_chars: Fraction | None
    max_line_chars: PositiveInt | None
    max_mean_line_chars: PositiveFloat | None
    blocked_phrases: list[str]


class QualityConfig(Config):
    """Rules for English and rules for source code."""

    prose: QualityRules
    code: QualityRules


class TaskFile(Config):
    """Evaluation items of the user's, whose text must not appear in the corpus."""

    path: str
    format: RowFormat
    field: str


class DecontaminationConfig(Config):
    """Overlap of runs of words with evaluation items; an item shorter than a run is looked for as a whole.

    Words are those of any script; where a script has no spaces, two characters of Chinese, Japanese, Khmer or
    Burmese count as a word, and four of Thai or Lao.
    """

    ngram_words: PositiveInt
    """For the items of task files."""
    problem_ngram_words: PositiveInt
    """For evaluation word problems; longer, since different stories are told in the same sentence frames."""
    min_ngram_words: PositiveInt
    """Words with letters that a run must hold to count; an item without such a run is named, not looked for."""
    evaluation_problems: NonNegativeInt
    tasks: list[TaskFile]


class MinHashConfig(Config):
    """Signatures for near-duplicates, which propose pairs; the texts' own shingles decide."""

    permutations: PositiveInt
    shingle_words: PositiveInt
    """Words of a shingle; letters, in scripts without spaces."""
    min_recall: Fraction = 0.95
    """Share of the pairs just at a source's threshold that must be proposed; bands and rows are cut for it."""


class CorpusConfig(Config):
    """A mixture of sources, cleaned on Ray Data."""

    kind: Literal["mixture"]
    total_mb: PositiveFloat
    """Size of the finished corpus, 10^6 bytes; sources that hold less than their share give all they have."""
    oversample: Annotated[float, Field(ge=1.0)]
    """Built-in sources are read up to this multiple of their share, so that cleaning leaves enough."""
    sources: Annotated[list[Source], Field(min_length=1)]
    unicode: UnicodeConfig
    quality: QualityConfig
    redact: list[PiiName]
    decontamination: DecontaminationConfig
    minhash: MinHashConfig
    validation_fraction: Fraction
    max_malformed_fraction: Fraction
    examples_per_rule: NonNegativeInt
