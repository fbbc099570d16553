"""The most memory that a block of code had at one time: Python's, NumPy's and Arrow's, not that of mapped files."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa


@dataclass
class Peak:
    """In bytes, once the block is over."""

    bytes: int = 0


@contextmanager
def watch_peak() -> Iterator[Peak]:
    """Both peaks are added, as if they came together."""
    found, before = Peak(), pa.default_memory_pool()
    watched = pa.proxy_memory_pool(before)
    pa.set_memory_pool(watched)
    tracemalloc.start()
    try:
        yield found
        found.bytes = tracemalloc.get_traced_memory()[1] + (watched.max_memory() or 0)
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(before)
