"""A split's shards as one memory-mapped stream of token ids."""

from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from components.base.errors import ArtifactError
from components.shards.format import HEADER_BYTES, SUFFIX, ShardHeader, read_header, verify_payload

Split = Literal["train", "validation"]


class ShardSet:
    """One split below the tokens artifact; opening it checks headers, lengths and completeness.

    Raises ArtifactError that names the file which is missing, truncated or altered.
    """

    def __init__(self, folder: Path, split: Split) -> None:
        self.folder = folder / split
        self.paths = sorted(self.folder.glob(f"*{SUFFIX}"))
        self.headers = [read_header(path) for path in self.paths]
        self._check_sequence()
        self._ends = np.cumsum([header.tokens for header in self.headers])

    @property
    def total_tokens(self) -> int:
        """Token ids in the split, end tokens included."""
        return int(self._ends[-1])

    @property
    def total_bytes(self) -> int:
        """UTF-8 bytes of the text behind the tokens: the denominator of bits per byte."""
        return sum(header.text_bytes for header in self.headers)

    @property
    def total_documents(self) -> int:
        """Documents in the split: one end token each."""
        return sum(header.documents for header in self.headers)

    @property
    def tokenizer_sha256(self) -> str:
        """Hash of the tokenizer that made these ids."""
        return self.headers[0].tokenizer_sha256

    def verify(self) -> None:
        """Read every byte and hold it against the checksums; raises ArtifactError that names the file."""
        for path, header in zip(self.paths, self.headers, strict=True):
            verify_payload(path, header)

    def read(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Token ids [start, stop) of the stream, whichever shards hold them."""
        if not 0 <= start <= stop <= self.total_tokens:
            raise IndexError(f"tokens {start}..{stop} of a split that has {self.total_tokens}")
        parts = []
        index = int(np.searchsorted(self._ends, start, side="right"))
        while start < stop:
            offset = start - (int(self._ends[index - 1]) if index else 0)
            part = self._maps[index][offset : offset + stop - start]
            parts.append(part.astype(np.int64))
            start += len(part)
            index += 1
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def __getstate__(self) -> dict[str, object]:
        # A copy in another process maps the files anew; the tokens themselves never travel.
        return {key: value for key, value in self.__dict__.items() if key != "_maps"}

    @cached_property
    def _maps(self) -> list[npt.NDArray[np.unsignedinteger]]:
        return [_map_tokens(path, header) for path, header in zip(self.paths, self.headers, strict=True)]

    def _check_sequence(self) -> None:
        if not self.headers:
            raise ArtifactError(f"{self.folder}: no token shards")
        for ordinal, (path, header) in enumerate(zip(self.paths, self.headers, strict=True)):
            if header.ordinal != ordinal:
                raise ArtifactError(f"{self.folder}: shard {ordinal} is missing (found {path.name} in its place)")
            if header.tokenizer_sha256 != self.headers[0].tokenizer_sha256:
                raise ArtifactError(f"{path}: its tokenizer is not that of {self.paths[0].name}")
        if not self.headers[-1].is_last:
            raise ArtifactError(f"{self.folder}: the shard after {self.paths[-1].name} is missing")


def verify_shards(folder: Path) -> None:
    """Verify both splits below the tokens artifact."""
    ShardSet(folder, "train").verify()
    ShardSet(folder, "validation").verify()


def _map_tokens(path: Path, header: ShardHeader) -> npt.NDArray[np.unsignedinteger]:
    if header.tokens == 0:  # an empty file region cannot be mapped
        return np.empty(0, dtype=header.dtype)
    return np.memmap(path, dtype=header.dtype, mode="r", offset=HEADER_BYTES, shape=(header.tokens,))
