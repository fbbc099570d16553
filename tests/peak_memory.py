"""The most memory that this process has held at one time."""

from pathlib import Path

KIB = 1024


def read_peak_bytes() -> int:
    """Resident bytes at the peak, as Linux counts them since this program began.

    getrusage would not do: what it calls a process's peak is at least that of the process it was forked from.
    """
    [line] = [told for told in Path("/proc/self/status").read_text(encoding="utf-8").splitlines() if "VmHWM" in told]
    return int(line.split()[1]) * KIB
