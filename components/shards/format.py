"""The shard file: a fixed header that vouches for itself and for the payload, then raw little-endian token ids.

Header, 256 bytes: magic, version, bytes per token, ordinal in the split, 1 on the last shard, tokens,
documents, UTF-8 bytes of the text, SHA-256 of the tokenizer, SHA-256 of the payload, zeros, and
SHA-256 of the header before it. Every document ends with one end token; none is cut between two shards.
"""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from components.base.errors import ArtifactError

MAGIC = b"ONTOTOKS"
VERSION = 1
HEADER_BYTES = 256
DIGEST_BYTES = 32
SUFFIX = ".tokens"
LARGEST_UINT16_VOCAB = 1 << 16
_FIELDS = struct.Struct("<8sIIIIQQQ32s32s")
_BODY_BYTES = HEADER_BYTES - DIGEST_BYTES

TokenArray = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]


@dataclass(frozen=True)
class ShardHeader:
    """What a shard says of itself; hashes are hexadecimal."""

    token_bytes: int
    ordinal: int
    is_last: bool
    tokens: int
    documents: int
    text_bytes: int
    tokenizer_sha256: str
    payload_sha256: str

    @property
    def dtype(self) -> "np.dtype[np.uint16] | np.dtype[np.uint32]":
        """Little-endian type of one token id."""
        return choose_dtype(LARGEST_UINT16_VOCAB if self.token_bytes == 2 else LARGEST_UINT16_VOCAB + 1)


def choose_dtype(vocab_size: int) -> "np.dtype[np.uint16] | np.dtype[np.uint32]":
    """The narrowest type that holds every id of the vocabulary."""
    return np.dtype("<u2") if vocab_size <= LARGEST_UINT16_VOCAB else np.dtype("<u4")


def name_shard(ordinal: int) -> str:
    """File name of one shard; names sort as ordinals do."""
    return f"{ordinal:06d}{SUFFIX}"


def pack_header(header: ShardHeader) -> bytes:
    """The header's 256 bytes."""
    fields = _FIELDS.pack(
        MAGIC,
        VERSION,
        header.token_bytes,
        header.ordinal,
        int(header.is_last),
        header.tokens,
        header.documents,
        header.text_bytes,
        bytes.fromhex(header.tokenizer_sha256),
        bytes.fromhex(header.payload_sha256),
    )
    body = fields.ljust(_BODY_BYTES, b"\0")
    return body + hashlib.sha256(body).digest()


def read_header(path: Path) -> ShardHeader:
    """Read and check a header and the file's length; raises ArtifactError that names the file."""
    try:
        with path.open("rb") as file:
            raw = file.read(HEADER_BYTES)
        size = path.stat().st_size
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the shard is missing") from None
    if len(raw) < HEADER_BYTES:
        raise ArtifactError(f"{path}: the shard is truncated: {size} bytes, the header alone has {HEADER_BYTES}")
    header = _unpack_header(path, raw)
    expected = HEADER_BYTES + header.tokens * header.token_bytes
    if size != expected:
        state = "truncated" if size < expected else "longer than it says"
        raise ArtifactError(f"{path}: the shard is {state}: {size} bytes, its header says {expected}")
    return header


def _unpack_header(path: Path, raw: bytes) -> ShardHeader:
    magic, version, token_bytes, ordinal, last, tokens, documents, text_bytes, tokenizer, payload = _FIELDS.unpack_from(
        raw
    )
    if magic != MAGIC:
        raise ArtifactError(f"{path}: not a token shard (it does not begin with {MAGIC.decode()})")
    if hashlib.sha256(raw[:_BODY_BYTES]).digest() != raw[_BODY_BYTES:]:
        raise ArtifactError(f"{path}: the shard's header is altered (checksum differs)")
    if version != VERSION or token_bytes not in (2, 4):
        raise ArtifactError(f"{path}: shard version {version}, {token_bytes} bytes a token: not readable here")
    return ShardHeader(token_bytes, ordinal, bool(last), tokens, documents, text_bytes, tokenizer.hex(), payload.hex())


def verify_payload(path: Path, header: ShardHeader) -> None:
    """Hold the token ids against the header's hash; raises ArtifactError that names the file."""
    with path.open("rb") as file:
        file.seek(HEADER_BYTES)
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != header.payload_sha256:
        raise ArtifactError(f"{path}: the shard's tokens are altered (checksum differs)")
