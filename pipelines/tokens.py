"""Documents become a tokenizer and packed token shards."""

from pathlib import Path

from components.metrics.data import TokensMetrics
from components.runtime.session import ray_session
from components.shards.reader import verify_shards
from components.tasks.config import SharedConfig
from components.tokens.build import build_tokenizer
from components.tokens.config import TokensConfig
from components.tokens.fertility import summarise
from components.tokens.split import write_split


def run(cfg: TokensConfig, *, shared: SharedConfig, corpus: Path, out: Path) -> TokensMetrics:
    """Write `out/tokenizer`, `out/train` and `out/validation`; return sizes and fertility."""
    documents = corpus / "documents"
    tokenizer = build_tokenizer(cfg, documents / "train", seed=shared.seed, out=out / "tokenizer")

    with ray_session():
        train = write_split(tokenizer, documents / "train", out / "train", shard_tokens=cfg.shard_tokens)
        validation = write_split(tokenizer, documents / "validation", out / "validation", shard_tokens=cfg.shard_tokens)

    verify_shards(out)
    return summarise(len(tokenizer), train, validation, min_lossless_share=cfg.min_lossless_share)
