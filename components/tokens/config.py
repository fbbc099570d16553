"""Which tokenizer, and how its shards are cut."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, PositiveInt

Sentinels = Annotated[int, Field(ge=0, le=1000)]
"""Tokens that stand for hidden spans in denoising objectives; above zero, three tokens for modes come with them."""


class ByteBpeConfig(Config):
    """A byte-level BPE trained on the run's own documents."""

    kind: Literal["byte_bpe"]
    vocab_size: Annotated[int, Field(ge=261, le=1 << 20, description="256 bytes and 5 special tokens at least")]
    pattern: str
    """Regular expression of the words that no merge crosses; what it misses is a word of its own."""
    sentinels: Sentinels = 0
    """Tokens for hidden spans of denoising objectives; above zero, three tokens for modes come with them."""
    training_bytes: PositiveInt
    """Documents up to about this size are drawn for training, evenly over the corpus."""
    shard_tokens: PositiveInt
    """Tokens of a shard file, at most."""
    min_lossless_share: Fraction
    """The stage fails if a smaller share of the documents decodes back to the very same text."""


class GivenTokenizerConfig(Config):
    """A tokenizer that exists: a Hugging Face folder, or GPT-2's two files in a folder."""

    kind: Literal["given"]
    path: str
    """The tokenizer's folder."""
    chat_template: Literal["keep", "replace"]
    """What to do with a template that the folder brings; without one it gets ours in either case."""
    today: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = "2024-07-26"
    """The day that a kept template which writes today's date (Llama 3.2's does) writes from now on: or else no rerun
    would be equal, and no stage would ask as another learned."""
    sentinels: Sentinels = 0
    """Tokens for hidden spans of denoising objectives; above zero, three tokens for modes come with them."""
    shard_tokens: PositiveInt
    """Tokens of a shard file, at most."""
    min_lossless_share: Fraction
    """The stage fails if a smaller share of the documents decodes back to the very same text."""


TokensConfig = ByteBpeConfig | GivenTokenizerConfig
