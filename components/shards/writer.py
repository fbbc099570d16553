"""Writes one split's shards in the order documents arrive."""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from components.base.errors import ArtifactError
from components.shards.format import (
    HEADER_BYTES,
    ShardHeader,
    choose_dtype,
    name_shard,
    pack_header,
)


class ShardWriter:
    """Context manager: `add` documents; a shard is closed once it holds `shard_tokens` or more.

    A file takes its real name only with its header in place, and the last one is marked as such, so an
    interrupted write leaves nothing that a reader would take for a whole split.
    """

    def __init__(self, folder: Path, *, vocab_size: int, eos_id: int, tokenizer_sha256: str, shard_tokens: int) -> None:
        self.tokens = 0
        self.documents = 0
        self.text_bytes = 0
        self._folder = folder
        self._dtype = choose_dtype(vocab_size)
        self._vocab_size = vocab_size
        self._eos_id = eos_id
        self._tokenizer_sha256 = tokenizer_sha256
        self._shard_tokens = shard_tokens
        self._ordinal = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._open()

    def add(self, ids: npt.ArrayLike, text_bytes: int) -> None:
        """Append one document's ids and the end token after them."""
        if self._tokens >= self._shard_tokens:
            self._close(is_last=False)
            self._ordinal += 1
            self._open()
        document = np.append(np.asarray(ids, dtype=np.int64), self._eos_id)
        if document.min() < 0 or document.max() >= self._vocab_size:
            raise ArtifactError(f"{self._folder}: a token id is outside the vocabulary of {self._vocab_size}")
        payload = document.astype(self._dtype).tobytes()
        self._file.write(payload)
        self._digest.update(payload)
        self._tokens += len(document)
        self._documents += 1
        self._text_bytes += text_bytes

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._file.close()
            self._partial.unlink()
        else:
            self._close(is_last=True)

    def _open(self) -> None:
        self._partial = self._folder / f".{name_shard(self._ordinal)}.partial"
        self._file: BinaryIO = self._partial.open("wb")
        self._file.write(bytes(HEADER_BYTES))
        self._digest = hashlib.sha256()
        self._tokens = self._documents = self._text_bytes = 0

    def _close(self, *, is_last: bool) -> None:
        header = ShardHeader(
            token_bytes=self._dtype.itemsize,
            ordinal=self._ordinal,
            is_last=is_last,
            tokens=self._tokens,
            documents=self._documents,
            text_bytes=self._text_bytes,
            tokenizer_sha256=self._tokenizer_sha256,
            payload_sha256=self._digest.hexdigest(),
        )
        self._file.seek(0)
        self._file.write(pack_header(header))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.replace(self._folder / name_shard(self._ordinal))
        self.tokens += self._tokens
        self.documents += self._documents
        self.text_bytes += self._text_bytes
