"""Which device this process computes on."""

import torch


def find_device() -> torch.device:
    """The accelerator that Ray gave this worker, or the CPU."""
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
