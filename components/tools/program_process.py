"""Runs one program, which comes by standard input, and says its answer. A script: it is started alone and imports
nothing of the project.

It bounds itself before it reads: time, memory, files, processes. Then it runs the program with six harmless functions
for built-ins, counting its lines. Whatever goes wrong, it says nothing.
"""

import math
import os
import resource
import sys
from types import FrameType
from typing import Any

CPU_S = 1
MEMORY_BYTES = 256 << 20
MOST_LINES = 100_000
"""Lines that a program may run, those of its loops counted each time: so many whatever machine it runs on."""
MOST_BITS = 1024
"""Of a whole number in an answer."""
DECIMALS = 6
NOBODY = 65534


def set_limits() -> None:
    """Of this process and all that it could start: nothing is started, written or opened from here on."""
    if os.getuid() == 0:  # the kernel counts no processes of root's
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        except OSError:  # root of a container that may not: the other limits hold
            pass
    for limit, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))


def run(program: str) -> str:
    """The number that it leaves in `answer`, or prints last. Raises whatever it raises."""
    printed: list[Any] = []
    names: dict[str, Any] = {"__builtins__": {}, "print": printed.append}
    names |= {"abs": abs, "int": int, "max": max, "min": min, "range": range, "round": round}
    code, left = compile(program, "program", "exec"), MOST_LINES

    def count(_: FrameType, event: str, __: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TimeoutError
        return count

    sys.settrace(count)
    try:
        exec(code, names)
    finally:
        sys.settrace(None)
    return write_number(names["answer"] if "answer" in names else printed[-1])


def write_number(value: Any) -> str:
    """Whole numbers as such, others with their decimals and no zeros behind. Raises ValueError for anything else."""
    if type(value) is int and value.bit_length() <= MOST_BITS:
        return str(value)
    if type(value) is float and math.isfinite(value):
        written = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
        return "0" if written == "-0" else written
    raise ValueError("no number")


if __name__ == "__main__":
    set_limits()
    try:
        found = run(sys.stdin.read())
    except BaseException:  # of a stranger's program
        os._exit(1)
    os.write(1, found.encode())
    os._exit(0)
