"""Which network interface the workers of a run talk over; run by Ray in each of them as it starts."""

import os

INTERFACE_VARIABLES = ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME")


def set_interface_env() -> None:
    """Let gloo and NCCL use the interface of the address under which Ray knows this node.

    Left alone, gloo takes the address that the host's own name resolves to, which on a fresh Debian or Ubuntu is a
    loopback: every worker would then look for the others on its own machine. What the environment says already wins.
    """
    from ray.util import get_node_ip_address

    name = find_interface(get_node_ip_address())
    if name is not None:
        for variable in INTERFACE_VARIABLES:
            os.environ.setdefault(variable, name)


def find_interface(address: str) -> str | None:
    """The name of the interface that has an IP address; None when no interface of this host does."""
    import psutil

    for name, entries in psutil.net_if_addrs().items():
        if any(entry.address.partition("%")[0] == address for entry in entries):
            return name
    return None
