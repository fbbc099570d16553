"""How a process's compute threads wait for each other; to be settled before torch is loaded."""

import os

# Threads that spin for long at a barrier starve each other on busy cores (measured: ten times slower); threads
# that sleep at once lose half the speed of small models on quiet ones. So many turns of spinning cost neither.
THREAD_ENVIRONMENT = {"GOMP_SPINCOUNT": "10000"}


def set_thread_env() -> None:
    """Set what the environment does not say already."""
    for name, value in THREAD_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
