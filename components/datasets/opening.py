"""Opens a data file, unpacks it, counts what is read, and tells a damaged file from one that is over."""

import bz2
import csv
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from components.base.data_files import find_suffix
from components.base.errors import DataError
from components.datasets.records import report_damage

BLOCK_BYTES = 1 << 18
GZIP_WINDOW = 31
UNREAD = frozenset({".zip", ".tar", ".tgz", ".tbz2", ".txz", ".7z", ".rar", ".lz4", ".br", ".lzo"})
POINTER = b"version https://git-lfs.github.com/spec/"
NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "Zstandard"}
_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error, UnicodeDecodeError)


@dataclass
class Progress:
    """How far a file has been read: told when it ends before its time."""

    rows: int = 0
    bytes: int = 0

    def __str__(self) -> str:
        return f"{self.rows:,} rows ({self.bytes:,} bytes) could be read before that"


@contextmanager
def open_data_file(file: Path, progress: Progress) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a file, by its suffix in any case.

    Raises DamagedFileError, with what could be read, for any error that ends the file: while it is opened,
    unpacked, or read by whoever is in the block.
    """
    packing = file.suffix.lower()
    if packing in UNREAD or find_suffix(file) in UNREAD:
        raise DataError(f"{file}: archives are not read; unpack it, or pack the data alone as {' '.join(NAMES)}")
    try:
        with (
            file.open("rb") as raw,
            io.BufferedReader(_Counted(_unpack(file, raw, packing), progress), BLOCK_BYTES) as stream,
        ):
            yield cast(IO[bytes], stream)
    except _DAMAGE as error:
        raise report_damage(file, _explain(error, NAMES.get(packing)), str(progress)) from None


def _explain(error: Exception, packing: str | None) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not valid UTF-8 ({error.reason} at byte {error.start})"
    if isinstance(error, csv.Error):
        return f"not delimited text ({error})"
    # The system's own errors have a number; those of the unpackers have none.
    if isinstance(error, OSError) and error.strerror:
        return f"the file cannot be read ({error.strerror})"
    return f"not a sound {packing} file ({error})" if packing else f"the file cannot be read ({error})"


def _unpack(file: Path, raw: io.BufferedReader, packing: str) -> Any:
    if raw.peek(len(POINTER)).startswith(POINTER):
        raise DataError(f"{file}: a pointer of Git LFS stands where the data should be; fetch it: git lfs pull")
    match packing:
        case ".gz":
            return _Members(raw, lambda: zlib.decompressobj(GZIP_WINDOW))
        case ".bz2":
            return _Members(raw, bz2.BZ2Decompressor)
        case ".xz":
            return _Members(raw, lzma.LZMADecompressor)
        case ".zst":
            return _open_zstandard(raw)
        case _:
            return raw


def _open_zstandard(raw: io.BufferedReader) -> Any:
    # Imported here, so that a config may name a row format without the weight of Arrow.
    import pyarrow as pa

    if not raw.peek(1):
        raise EOFError("the file is empty")
    return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")


class _Members:
    """The streams in a packed file, one after another; the standard library ignores what it cannot read after the
    first, and so loses the rest of a file that was packed in pieces."""

    def __init__(self, raw: io.BufferedReader, make: Callable[[], Any]) -> None:
        self._raw, self._make = raw, make
        self._unpacker = make()
        self._packed = b""
        self._begun = self._any = False

    def read(self, _: int) -> bytes:
        """The next piece, of whatever size; empty at the end. Raises EOFError where the end is missing."""
        while True:
            if not self._packed:
                self._packed = self._raw.read(BLOCK_BYTES)
            if not self._begun:
                self._packed = self._packed.lstrip(b"\0") if self._any else self._packed  # padding, as tapes have
                if not self._packed:
                    if self._any and not self._raw.peek(1):
                        return b""
                    if not self._any:
                        raise EOFError("the file is empty")
                    continue
            if not self._packed:
                raise EOFError("the file ends in the middle of its data")
            self._begun = self._any = True
            piece: bytes = self._unpacker.decompress(self._packed)
            self._packed = self._unpacker.unused_data
            if self._unpacker.eof:
                self._unpacker, self._begun = self._make(), False
            if piece:
                return piece


class _Counted(io.RawIOBase):
    """A raw stream over anything with `read`, which counts what it hands on."""

    def __init__(self, source: Any, progress: Progress) -> None:
        self._source, self._progress, self._rest = source, progress, memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the piece at hand goes."""
        if not self._rest:
            self._rest = memoryview(self._source.read(len(buffer)))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        self._progress.bytes += count
        return count
