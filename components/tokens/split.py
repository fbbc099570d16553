"""Writes one split: encoded documents into shards, counted per source on the way."""

from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from components.base.errors import ArtifactError
from components.base.progress import progress_bar
from components.datasets.rows import find_files
from components.shards.writer import ShardWriter
from components.text.ends import find_begin_id
from components.text.tokenizer import hash_tokenizer
from components.tokens.encode import ID_TYPE, encode_documents
from components.tokens.fertility import Tallies, Tally


def write_split(tokenizer: PreTrainedTokenizerFast, documents: Path, out: Path, *, shard_tokens: int) -> Tallies:
    """Encode the documents on Ray and write their shards; one writer, so one order.

    Each begins with the beginning token where the tokenizer has the habit, and ends with the end token.

    Raises ArtifactError when there is no document.
    """
    tallies: Tallies = {}
    begin = find_begin_id(tokenizer)
    opening = np.asarray([] if begin is None else [begin], dtype=ID_TYPE)
    size = sum(file.stat().st_size for file in find_files(documents))
    writer = ShardWriter(
        out,
        vocab_size=len(tokenizer),
        eos_id=tokenizer.eos_token_id,
        tokenizer_sha256=hash_tokenizer(tokenizer),
        shard_tokens=shard_tokens,
    )
    with writer, progress_bar(size, f"tokens: {out.name}", unit="B") as bar:
        for document in encode_documents(documents, tokenizer.backend_tokenizer.to_str()):
            ids = np.frombuffer(document["ids"], dtype=ID_TYPE)
            writer.add(np.concatenate([opening, ids]), document["text_bytes"])
            tallies.setdefault(document["source"], Tally()).add(
                tokens=len(ids),
                text_bytes=document["text_bytes"],
                words=document["words"],
                lossless=document["lossless"],
            )
            bar.update(document["text_bytes"])
        bar.update(size - bar.n)  # what is not text in the files: field names, quotes
        if not tallies:
            raise ArtifactError(f"{documents}: no documents to tokenize")
    return tallies
