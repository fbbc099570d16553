"""The process that hosts the Ray which a command lends to its stages: `python -m components.runtime.head_host`.

It ends with the command, and Ray with it, however they end: the kernel tells this process of its parent's death, and
Ray's processes of this one's.
"""

import shutil
import signal
import socket
import sys
from contextlib import ExitStack, suppress

from components.runtime.cluster import read_cluster
from components.runtime.process_guard import die_with_parent, keep_signal_handlers
from components.runtime.session import set_ray_env, start_arguments


def host_head(door: socket.socket) -> None:
    """Tell everybody who asks the address of one Ray, which the first of them makes it start; until SIGTERM."""
    address = ""
    with ExitStack() as stack:
        while True:
            asker, _ = door.accept()
            with asker, suppress(OSError):  # who asked may be gone by now
                address = address or _start_ray(stack)
                asker.sendall(address.encode())


def _start_ray(stack: ExitStack) -> str:
    """Start a Ray that ends with the stack. Where that fails, the stage that asked will tell why as it tries itself."""
    import ray

    set_ray_env()
    with keep_signal_handlers(), suppress(Exception):
        ray.init(**start_arguments(read_cluster().ray))
        stack.callback(ray.shutdown)
        return str(ray.get_runtime_context().gcs_address)
    return ""


def main(parent: int, number: int, folder: str) -> None:
    """Serve at the socket with this number until told to stop; the folder that it lies in goes, too."""
    # Ctrl-C is for the stage, which needs its Ray to leave in order. A handler, unlike SIG_IGN, is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    with suppress(KeyboardInterrupt), socket.socket(fileno=number) as door:
        die_with_parent(parent)
        try:
            host_head(door)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
