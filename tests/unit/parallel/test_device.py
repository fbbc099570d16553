"""A process computes on the accelerator it was given, or on the CPU."""

import pytest
import torch

from components.parallel.device import find_device


@pytest.mark.parametrize(("given", "device"), [(None, "cpu"), (1, "cuda:1")])
def test_the_accelerator_of_this_worker_comes_first(
    given: int | None, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: given is not None)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: given)
    assert str(find_device()) == device
