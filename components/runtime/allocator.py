"""The C library's allocator, told to give back what a sharded model frees.

FSDP gathers and frees weights layer by layer. glibc takes blocks of up to 32 MiB from its heaps once such were freed,
and keeps them there, in pieces: four workers with a quarter of a model each held as much as one that had all of it.
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Numbers of mallopt(3)."""
LARGE_BYTES = 1 << 20
"""From this size on a block is mapped by itself, and unmapped when it is freed."""


def return_freed_memory() -> None:
    """For this process, from now on. Where the C library is another, nothing happens."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            mallopt(option, LARGE_BYTES)
