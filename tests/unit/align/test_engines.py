"""What two workers ask of engines, and what they then need not hold."""

import gc
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import spawn

from components.align.engines import PolicyEngines
from components.align.models import Fit, PolicyModels, load_rollout_policy
from components.base.files import read_json, write_json
from components.generation.completion import Completion
from components.generation.ray_pool import RayPool
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.parallel import fsdp
from components.parallel.config import FsdpConfig
from components.parallel.mesh import build_mesh
from components.runtime.folder import save_model
from components.training.config import Adapter, LoraAdapter, NoAdapter
from tests.tiny import make_model, make_tokenizer

pytestmark = pytest.mark.slow
FULL = NoAdapter(kind="none")
LORA = LoraAdapter(kind="lora", rank=4, alpha=8.0, target_modules="all-linear")
WIDTH = 128


class EchoPool:
    """Answers with the prompt, and keeps what it is given."""

    def __init__(self) -> None:
        self.versions: list[list[Mapping[str, Tensor]]] = []

    def load_state(self, parts: Iterable[Mapping[str, Tensor]]) -> None:
        """As RayPool's."""
        self.versions.append([{name: value.clone() for name, value in part.items()} for part in parts])

    def complete(self, requests: Sequence[GenerationRequest], *, what: str | None) -> list[Completion]:
        """As RayPool's."""
        return [Completion(list(request.prompt_ids), [], "stop", 0) for request in requests]


def ask(rank: int, world: int, folder: Path) -> None:
    """What a worker does."""
    torch.set_num_threads(1)
    fsdp.PART_BYTES = 1 << 16
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=world)
    mesh = build_mesh(FsdpConfig(kind="fsdp"))
    pool = EchoPool() if mesh.is_first else None
    engines = PolicyEngines(mesh, cast(RayPool | None, pool))
    requests = [GenerationRequest([rank, index], SamplingParams(1)) for index in range(rank + 1)]
    found: dict[str, Any] = {"answers": [answer.token_ids for answer in engines.complete(requests)]}
    for adapter in (FULL, LORA):
        found[adapter.kind] = _send(folder, adapter, engines, pool)
    write_json(folder / f"{rank}.json", found)
    dist.destroy_process_group()


def _send(folder: Path, adapter: Adapter, engines: PolicyEngines, pool: EchoPool | None) -> dict[str, Any]:
    fit = Fit(adapter, "float32", 8192, recompute=False, seed=3)
    held, before = {}, count_bytes()
    models = PolicyModels(folder / "sft" / "model", engines.mesh, fit)
    held["copy"] = count_bytes() - before
    del models
    assert count_bytes() == before
    models = PolicyModels(folder / "sft" / "model", engines.mesh, fit, engines)
    held["engines"] = count_bytes() - before
    with torch.no_grad():
        for parameter in models.policy.parameters():
            parameter.mul_(2.0)
    for updates in (0, 0, 1):  # weights that did not change are not sent again
        models.updates = updates
        models.refresh_rollout_policy()
    if pool is None:
        return {"held": held}
    assert len(pool.versions) == 2
    whole, _ = load_rollout_policy(folder / "sft" / "model", fit)
    trained = {name: 2.0 * p.detach() for name, p in whole.named_parameters() if p.requires_grad}
    sent = {name: value for part in pool.versions.pop() for name, value in part.items()}
    parts = len(pool.versions.pop())
    same = all(torch.equal(sent[name], value) for name, value in trained.items())
    return {"held": held, "parts": parts, "same": same and sent.keys() == trained.keys()}


def count_bytes() -> int:
    """Of all parameters that live in this process."""
    gc.collect()
    stored = {}
    for one in gc.get_objects():
        if isinstance(one, torch.nn.Parameter):
            local = one.to_local() if hasattr(one, "to_local") else one
            stored[local.untyped_storage().data_ptr()] = local.untyped_storage().nbytes()
    return sum(stored.values())


def test_one_worker_asks_for_both_and_neither_holds_a_whole_policy(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    model = make_model(tokenizer, width=WIDTH)
    save_model(model, tokenizer, tmp_path / "sft" / "model")
    whole = sum(p.numel() * 4 for p in model.parameters())
    spawn(ask, args=(2, tmp_path), nprocs=2)  # type: ignore[no-untyped-call]
    first, second = (read_json(tmp_path / f"{rank}.json") for rank in range(2))
    assert first["answers"] == [[0, 0]]
    assert second["answers"] == [[1, 0], [1, 1]]
    for kind in ("none", "lora"):
        assert first[kind]["same"]
        for found in (first, second):
            spared = found[kind]["held"]["copy"] - found[kind]["held"]["engines"]
            assert spared >= 0.95 * whole, (kind, found, whole)
    assert first["none"]["parts"] > 3
