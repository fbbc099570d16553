"""The policy on engines beside the training workers: one worker asks them for all, and sends them what was trained."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

from torch import nn
from transformers import PreTrainedTokenizerFast

from components.generation.completion import Completion
from components.generation.request import GenerationRequest
from components.parallel.fsdp import gather_in_parts
from components.parallel.mesh import Mesh
from components.runtime.cluster import InferenceClusterConfig

if TYPE_CHECKING:
    from components.generation.engine_actor import Loaded
    from components.generation.ray_pool import RayPool


class PolicyEngines:
    """What a worker asks instead of a whole copy of its own; each call is a collective.

    The first worker has the pool. Its engines end with it, so that a group of workers that begins anew has its own.
    """

    def __init__(self, mesh: Mesh, pool: "RayPool | None") -> None:
        self.mesh, self._pool = mesh, pool

    def load_weights(self, model: nn.Module, within: nn.Module) -> None:
        """Answer with what is trained of a module from now on; `within` is the sharded model around it."""
        parts = gather_in_parts(model, within)
        if self._pool is not None:
            self._pool.load_state(parts)
        for _ in parts:  # the others gather, too
            pass

    def complete(self, requests: Sequence[GenerationRequest]) -> list[Completion]:
        """Answer this worker's requests, in the order given."""
        asked, answered = self.mesh.gather(list(requests)), None
        if self._pool is not None:
            assert asked is not None
            found = self._pool.complete([request for share in asked for request in share], what=None)
            ends = list(accumulate(len(share) for share in asked))
            answered = [found[end - len(share) : end] for share, end in zip(asked, ends, strict=True)]
        return self.mesh.scatter(answered)


@contextmanager
def open_engines(
    load: "Callable[[], Loaded]", tokenizer: PreTrainedTokenizerFast, mesh: Mesh, cluster: InferenceClusterConfig
) -> Iterator[PolicyEngines | None]:
    """Engines for the length of the block, each with what `load` reads; None where the cluster file asks for none.

    A collective; the Ray is the one that the workers run in.
    """
    if not cluster.engines:
        yield None
        return
    if not mesh.is_first:
        yield PolicyEngines(mesh, None)
        return
    from components.generation.ray_pool import RayPool

    with closing(RayPool(load, tokenizer, cluster)) as pool:
        yield PolicyEngines(mesh, pool)
