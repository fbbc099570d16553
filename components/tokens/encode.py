"""Documents to token ids on Ray Data; the part that runs in Ray's tasks imports neither torch nor transformers."""

import functools
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from components.base.errors import ArtifactError, DataError
from components.datasets.rows import BadRow, find_files, read_rows
from components.text.words import count_words
from components.tokens.sample import FIELDS

BATCH_DOCUMENTS = 512
PIECE_BYTES = 4_000_000
MOST_PIECES = 16
ID_TYPE = "<u4"


def encode_documents(folder: Path, tokenizer_json: str) -> Iterator[dict[str, Any]]:
    """Encode every document of the folder on the Ray cluster, in the order of files and lines.

    Yields per document: `ids` (uint32 bytes), `source`, `text_bytes`, `words`, `lossless`.
    Raises ArtifactError that names file, line and reason for a row that is no document.
    """
    import ray.data  # its import sets up its logger, so the level is set after

    logging.getLogger("ray.data").setLevel(logging.ERROR)  # our own progress bar says enough
    # The order of the stream must not depend on which task ends first.
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    ray.data.DataContext.get_current().enable_progress_bars = False
    pieces = [piece for path in find_files(folder) for piece in cut_file(path.resolve())]
    encoded = (
        ray.data.from_items(pieces, override_num_blocks=len(pieces))
        .flat_map(read_piece)
        .map_batches(
            encode_batch,
            batch_size=BATCH_DOCUMENTS,
            batch_format="pyarrow",
            fn_kwargs={"tokenizer_json": tokenizer_json},
        )
    )
    for batch in encoded.iter_batches(batch_size=BATCH_DOCUMENTS, batch_format="pyarrow"):
        for document in batch.to_pylist():
            if document["error"]:
                raise ArtifactError(document["error"])
            yield document


def cut_file(path: Path) -> list[dict[str, Any]]:
    """Runs of lines of one file, which so keeps all workers busy: passing over a line costs a fiftieth of its encoding.

    Where a file is packed, its lines are counted wrongly, and the last run is longer; none is lost.
    """
    count = min(MOST_PIECES, 1 + path.stat().st_size // PIECE_BYTES)
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    cuts = [1 + lines * i // count for i in range(count)]
    ends = [*cuts[1:], sys.maxsize]
    return [{"file": str(path), "first": first, "end": end} for first, end in zip(cuts, ends, strict=True)]


def read_piece(item: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Documents of a run of lines; what is broken travels as its message, since a task's exception is a page long."""
    try:
        for row in read_rows(Path(item["file"]), "jsonl", required=FIELDS):
            if row.line < item["first"]:
                continue
            if row.line >= item["end"]:
                return
            if isinstance(row, BadRow):
                raise DataError(str(row))
            yield {"text": row.fields["text"], "source": row.fields["source"], "error": ""}
    except DataError as error:
        yield {"text": "", "source": "", "error": str(error)}


def encode_batch(batch: pa.Table, tokenizer_json: str) -> pa.Table:
    """Encode one batch, decode it again, and note whether each text came back whole."""
    tokenizer = _build(tokenizer_json)
    texts = batch["text"].to_pylist()
    all_ids = [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    decoded = tokenizer.decode_batch(all_ids, skip_special_tokens=False)
    return pa.table(
        {
            "ids": pa.array([_to_bytes(ids) for ids in all_ids], type=pa.large_binary()),
            "source": batch["source"],
            "error": batch["error"],
            "text_bytes": [len(text.encode()) for text in texts],
            "words": [round(count_words(text)) for text in texts],
            "lossless": [text == back for text, back in zip(texts, decoded, strict=True)],
        }
    )


def _to_bytes(ids: list[int]) -> bytes:
    return np.asarray(ids, dtype=ID_TYPE).tobytes()


@functools.lru_cache(maxsize=1)
def _build(tokenizer_json: str) -> Tokenizer:
    """One tokenizer per worker process."""
    tokenizer = Tokenizer.from_str(tokenizer_json)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True  # special-token text inside a document stays text
    return tokenizer
