"""Parameters of the corpus: where documents come from, and what is done to them."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from components.datasets.config import LabelledWordsConfig
from components.datasets.rows import SEPARATOR, TextUnit

QualityName = Literal["prose", "code", "off"]
PiiName = Literal["email", "ip", "phone", "secret"]


class _Source(Config):
    name: Annotated[str, Field(pattern=r"^[\w-]+$")]
    """What the source is called in figures and in each document's id."""
    weight: PositiveFloat
    """Share of the corpus's bytes, relative to the other sources' weights."""
    near_duplicate_threshold: Fraction | None
    """Documents at least this alike (Jaccard, of their shingles) count as one; null leaves near-duplicates in."""


class StdlibParts(Config):
    """Relative weights of what the interpreter's own library holds."""

    docstrings: NonNegativeFloat
    """Weight of docstrings, as prose."""
    topics: NonNegativeFloat
    """Weight of the interpreter's help topics, as prose."""
    code: NonNegativeFloat
    """Weight of source files, as code."""


class StdlibSource(_Source):
    """English and code from the standard library of the running interpreter."""

    kind: Literal["python_stdlib"]
    parts: StdlibParts
    """How the source's bytes are divided between prose and code."""


class TaskSource(_Source):
    """Items for training of one of the run's tasks, each with its answer, as a base model is to meet them."""

    kind: Literal["task"]
    task: str
    """Its name in shared.tasks."""
    cot_rate: Fraction
    """Share of the documents whose answer has a chain of thought; the rest answer at once."""
    drill_rate: Fraction = 0.0
    """Share of the documents that are the task's drills: solved exercises without a question."""


class LabelledWordsSource(_Source):
    """Made-up words with their labels, a few in a document, as bursty as one likes: what makes a model learn in
    context, or by heart (Chan et al. 2022, arXiv 2205.05055). The run's seed says which word has which label."""

    kind: Literal["labelled_words"]
    words: LabelledWordsConfig
    """The words, and what a document holds of them."""
    burstiness: Fraction
    """Share of the documents in which the last word has stood before; the words of the others are drawn apart."""
    zipf_exponent: Annotated[float, Field(ge=0.0, le=4.0)] = 0.0
    """Of the law by which words are drawn: the word of rank k has a weight of k to minus this; 0 is all alike."""


class _UserSource(_Source):
    quality: QualityName
    """Which quality rules the documents are held to; `off` holds them to none."""
    sample: Fraction
    """Share of the documents that is taken, drawn by a hash of each document's id."""


class TextSource(_UserSource):
    """Plain text files; `unit` is what one document is: `document` is what stands between separators."""

    kind: Literal["text"]
    path: str
    """A file, a folder or a pattern; compressed files are read as they are."""
    unit: TextUnit
    """What one document is: a file, a paragraph, a line, or what stands between separators."""
    separator: Annotated[str, Field(min_length=1)] = SEPARATOR
    """The line that ends a document, for `unit: document`."""


class JsonlSource(_UserSource):
    """One JSON object per line; the text stands in `field`."""

    kind: Literal["jsonl"]
    path: str
    """A file, a folder or a pattern; compressed files are read as they are."""
    field: str
    """Key of each row that holds its text."""


class ParquetSource(_UserSource):
    """Parquet files; the text stands in the column `field`."""

    kind: Literal["parquet"]
    path: str
    """A file, a folder or a pattern."""
    field: str
    """Column that holds the text."""


class HubSource(_UserSource):
    """A dataset of the Hugging Face hub (or a local dataset folder), streamed."""

    kind: Literal["hub"]
    dataset: str
    """Name on the hub (`owner/name`), or a local dataset folder."""
    subset: str | None
    """Configuration of the dataset; null takes its default one."""
    split: str
    """Split of the dataset, such as `train`."""
    revision: str | None
    """Commit, tag or branch of the dataset; null takes the newest."""
    field: str
    """Column that holds the text."""


Source = Annotated[
    StdlibSource | TaskSource | LabelledWordsSource | TextSource | JsonlSource | ParquetSource | HubSource,
    Field(discriminator="kind"),
]


class UnicodeConfig(Config):
    """How broken text is mended (ftfy)."""

    normalization: Literal["NFC", "NFKC"] | None
    """Unicode normal form of every document; null leaves characters as they are."""
    unescape_html: bool
    """Turn entities such as `&amp;` back into characters."""


class QualityRules(Config):
    """Thresholds of one kind of text; what is null or absent is off. After Gopher (arXiv 2112.11446, A1.1) and C4.

    What the rules presume: `min_stop_words` counts eight English words, so it speaks of texts in Latin letters only
    and drops most that are not English; the length of words is measured where spaces separate them; `min_words` and
    `max_words` count words of any script, in those without spaces as decontamination does. A rule that presumes
    what a text has not lets it pass.
    """

    min_words: NonNegativeInt | None = None
    """Fewest words of a document."""
    max_words: PositiveInt | None = None
    """Most words of a document."""
    min_mean_word_chars: PositiveFloat | None = None
    """Least mean length of a word, in characters."""
    max_mean_word_chars: PositiveFloat | None = None
    """Greatest mean length of a word, in characters."""
    max_symbols_per_word: NonNegativeFloat | None = None
    """Most hash signs and ellipses, for each word."""
    max_bullet_lines: Fraction | None = None
    """Largest share of lines that begin with a bullet."""
    max_ellipsis_lines: Fraction | None = None
    """Largest share of lines that end in an ellipsis."""
    min_alphabetic_words: Fraction | None = None
    """Smallest share of words with a letter in them."""
    min_stop_words: NonNegativeInt | None = None
    """Fewest different words among eight common English ones."""
    max_duplicate_lines: Fraction | None = None
    """Largest share of lines that stand in the document before."""
    max_top_bigram: Fraction | None = None
    """Largest share of characters in the most frequent pair of words."""
    max_braces: Fraction | None = None
    """Largest share of characters that are curly braces (C4: code among prose)."""
    min_alphanumeric_chars: Fraction | None = None
    """Smallest share of characters that are letters or digits."""
    max_line_chars: PositiveInt | None = None
    """Most characters of the longest line."""
    max_mean_line_chars: PositiveFloat | None = None
    """Greatest mean length of a line, in characters."""
    blocked_phrases: list[str] = Field(default_factory=list)
    """Phrases, in lower case, that drop a document that holds one."""


class QualityConfig(Config):
    """Rules for English and rules for source code."""

    prose: QualityRules
    """Rules for documents in a natural language."""
    code: QualityRules
    """Rules for source code."""


class MinHashConfig(Config):
    """Signatures for near-duplicates, which propose pairs; the texts' own shingles decide."""

    permutations: PositiveInt
    """Hash functions of a signature: more propose pairs more evenly, and cost more."""
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
    """Where documents come from, mixed by weight."""
    unicode: UnicodeConfig
    """How broken text is mended."""
    quality: QualityConfig
    """What a document must be like to be kept."""
    redact: list[PiiName]
    """Kinds of personal data that are replaced by placeholders."""
    minhash: MinHashConfig
    """How near-duplicates are found."""
    validation_fraction: Fraction
    """Share of the documents, drawn by a hash of each, that is never trained on."""
    max_malformed_fraction: Fraction
    """The stage fails when a source has a larger share of malformed rows."""
    examples_per_rule: NonNegativeInt
    """Dropped documents that are kept to look at, for each rule."""
