"""A pool of engines as Ray actors: one queue for all, and what a lost engine had in hand is asked again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import ray
from ray.exceptions import RayActorError
from ray.util import placement_group, remove_placement_group
from torch import Tensor
from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

from components.base.errors import PipelineError
from components.base.progress import progress_bar
from components.generation.completion import Completion
from components.generation.engine_actor import EngineActor, Loaded, Weights
from components.generation.offline import MAX_SLOTS, count_longest
from components.generation.request import GenerationRequest
from components.generation.tool_calls import ToolForcer
from components.generation.work_queue import Share, WorkQueue
from components.model.capabilities import limit_context
from components.runtime.cluster import InferenceClusterConfig

P = ParamSpec("P")
T = TypeVar("T")
AHEAD = 4
"""An engine is told of one more request for every so many slots than it has: it then need not ask for each."""
ROOM_TIMEOUT_S = 120.0
"""How long engines wait for CPUs and GPUs that others hold, or that a cluster has yet to start."""


class RayPool:
    """Engines that hold the whole model each; the process that asks them holds none."""

    def __init__(
        self,
        load: Callable[[], Loaded],
        tokenizer: PreTrainedTokenizerFast,
        cluster: InferenceClusterConfig,
        *,
        max_length: int | None = None,
        force_tokens: ToolForcer | None = None,
    ) -> None:
        self.tokenizer, self.force_tokens = tokenizer, force_tokens
        self._load, self._cluster = load, cluster
        self._parts: list[Any] = []
        self._version = self._batch = self._lost = 0
        _wait_for_room(cluster)
        self._engines = [self._launch() for _ in range(cluster.engines)]
        try:
            self.config: PretrainedConfig = self.run(_read_config)
        except BaseException:
            self.close()
            raise
        self.context = limit_context(self.config, max_length)

    def close(self) -> None:
        """Give the engines' devices back."""
        for engine in self._engines:
            ray.kill(engine)

    def complete(self, requests: Sequence[GenerationRequest], *, what: str | None) -> list[Completion]:
        """Answer every request, in the order given, whoever answers which.

        Raises PipelineError when more engines are lost than the cluster file allows.
        """
        if not requests:
            return []
        self._batch += 1
        slots = min(MAX_SLOTS, -(-len(requests) // len(self._engines)))
        max_len = min(count_longest(requests), self.context)
        work = WorkQueue(requests, len(self._engines), most_in_hand=slots + slots // AHEAD)
        calls: dict[Any, int] = {}
        with progress_bar(len(requests), what, "text") as bar:
            while not work.done:
                for place in set(range(len(self._engines))) - set(calls.values()):
                    share = work.deal(place)
                    if work.is_busy(place):
                        calls[self._advance(place, share, max_len, slots)] = place
                (ready, *_), _ = ray.wait(list(calls), num_returns=1)
                bar.update(self._collect(ready, calls.pop(ready), work))
        return work.completions

    def run(
        self,
        function: Callable[Concatenate[PreTrainedModel, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Call a function with the model, on one of the engines; a lost one is replaced."""
        while True:
            try:
                return cast(T, _accept(ray.get(self._engines[0].run.remote(function, args, kwargs))))
            except RayActorError as error:
                self._replace(0, error)

    def load_state(self, parts: Iterable[Mapping[str, Tensor]]) -> None:
        """Give all engines other weights, and those that come in their place: what is asked after this has them.

        Each part lies in Ray's object store once, however many engines there are.
        """
        self._version += 1
        self._parts.clear()  # the version before need not lie there as long as this one comes
        for part in parts:
            self._parts.append(ray.put(part))
            for engine in self._engines:
                engine.load_state.remote(self._weights, self._parts[-1])

    @property
    def _weights(self) -> Weights:
        return self._version, len(self._parts)

    def _advance(self, place: int, share: Share, max_len: int, slots: int) -> Any:
        return self._engines[place].advance.remote(
            self._batch, share, weights=self._weights, max_len=max_len, slots=slots, at_least=max(1, slots // AHEAD)
        )

    def _collect(self, ready: Any, place: int, work: WorkQueue) -> int:
        """Take an engine's answers, or another engine in its place; how many answers they were."""
        try:
            done = dict(_accept(ray.get(ready)))
        except RayActorError as error:
            work.take_back(place)
            self._replace(place, error)
            return 0
        work.accept(place, done)
        return len(done)

    def _launch(self) -> Any:
        cluster = self._cluster
        actor = ray.remote(EngineActor).options(num_cpus=cluster.cpus_per_engine, num_gpus=cluster.gpus_per_engine)
        engine = actor.remote(self._load, threads=cluster.threads_per_engine, folder=str(Path.cwd()))
        for count, part in enumerate(self._parts, start=1):
            engine.load_state.remote((self._version, count), part)
        return engine

    def _replace(self, place: int, error: RayActorError) -> None:
        self._lost += 1
        if self._lost > self._cluster.max_failures:
            raise PipelineError(
                f"{self._lost} engines were lost, and the cluster file forgives {self._cluster.max_failures} "
                f"(inference.max_failures); the last: {str(error).strip().splitlines()[0]}"
            ) from error
        self._engines[place] = self._launch()


def _wait_for_room(cluster: InferenceClusterConfig) -> None:
    """Raises PipelineError when there is no room for all engines at one time: their actors would wait for ever."""
    each = {"CPU": float(cluster.cpus_per_engine)}
    if cluster.gpus_per_engine:
        each["GPU"] = cluster.gpus_per_engine
    room = placement_group([each] * cluster.engines)
    try:
        if not room.wait(ROOM_TIMEOUT_S):
            raise PipelineError(
                f"inference.engines: {cluster.engines} found no room in the cluster within {ROOM_TIMEOUT_S:g} s: are "
                "its nodes up, and is there what each asks for beside all else that runs?"
            )
    finally:
        remove_placement_group(room)


def _accept(answer: Any) -> Any:
    """What an engine returned; raises the refusal that it returned instead."""
    if isinstance(answer, PipelineError):
        raise answer
    return answer


def _read_config(model: PreTrainedModel) -> PretrainedConfig:
    return model.config
