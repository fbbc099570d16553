"""The one way to ask a model: a pool of engines, in this process or as Ray actors on the cluster's devices.

Who answers changes no answer: a request carries its own seed, and a batch's rows do not see each other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

from components.generation.answers import Answer, read_answers
from components.generation.completion import Completion
from components.generation.offline import complete
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.generation.tool_calls import NO_TOOL, ToolForcer, build_forcer
from components.model.capabilities import limit_context, read_end_ids
from components.model.config import Dtype, InferenceConfig
from components.runtime.cluster import count_engines, read_cluster, require_room
from components.runtime.folder import load_folder
from components.runtime.session import ray_session
from components.text.tokenizer import decode_answer, load_tokenizer
from components.tools.config import ToolConfig

P = ParamSpec("P")
T = TypeVar("T")
Load = Callable[[Path, Dtype], tuple[PreTrainedModel, PreTrainedTokenizerFast]]
"""Reads a model folder in a dtype."""


class Pool(Protocol):
    """A model that can be asked, wherever it is."""

    tokenizer: PreTrainedTokenizerFast
    """The model's own."""
    config: PretrainedConfig
    """The model's."""
    context: int
    """Longest text, prompt and answer together, in tokens."""
    force_tokens: ToolForcer | None
    """What forces a tool's results into the answers that `generate_answers` asks for."""

    def complete(self, requests: Sequence[GenerationRequest], *, what: str | None) -> list[Completion]:
        """Answer every request, in the order given; `what` names the progress bar."""

    def run(
        self,
        function: Callable[Concatenate[PreTrainedModel, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Call a function with the model, where that is."""


class LocalPool:
    """One engine at a time, in this process."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        *,
        max_length: int | None = None,
        force_tokens: ToolForcer | None = None,
    ) -> None:
        self.model, self.tokenizer, self.force_tokens = model, tokenizer, force_tokens
        self.config = model.config
        self.context = limit_context(model.config, max_length)

    def complete(self, requests: Sequence[GenerationRequest], *, what: str | None) -> list[Completion]:
        """Answer every request, in the order given; `what` names the progress bar."""
        decode = partial(decode_answer, self.tokenizer)
        ends = read_end_ids(self.model)
        return complete(self.model, requests, end_token_ids=ends, decode=decode, what=what, max_len=self.context)

    def run(
        self,
        function: Callable[Concatenate[PreTrainedModel, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Call a function with the model."""
        return function(self.model, *args, **kwargs)


@contextmanager
def open_pool(
    folder: Path, inference: InferenceConfig, load: Load = load_folder, *, tool: ToolConfig = NO_TOOL
) -> Iterator[Pool]:
    """A model folder that can be asked during the block, by as many engines as the cluster file says.

    With engines the model is on their devices alone; nothing heavy is read here. Raises what `load` raises.
    """
    everything = read_cluster()
    cluster = everything.inference
    if not cluster.engines:
        model, tokenizer = load(folder, inference.dtype)
        force_tokens = build_forcer(tool, tokenizer)
        yield LocalPool(model, tokenizer, max_length=inference.max_length, force_tokens=force_tokens)
        return
    require_room(everything.ray, count_engines(cluster))
    from components.generation.ray_pool import RayPool

    with ray_session():
        read = partial(load, folder.resolve(), inference.dtype)
        tokenizer = load_tokenizer(folder)
        forced = build_forcer(tool, tokenizer)
        with closing(RayPool(read, tokenizer, cluster, max_length=inference.max_length, force_tokens=forced)) as pool:
            yield pool


def generate_answers(
    pool: Pool,
    prompts: Sequence[Sequence[int]],
    sampling: SamplingParams | Sequence[SamplingParams],
    *,
    what: str,
    stop: tuple[str, ...] = (),
) -> list[Answer]:
    """An answer to every prompt, in the order given, each ended by the model's own end tokens or before a `stop` text.

    `sampling` is one for all or one for each; `what` names the progress bar.
    """
    each = [sampling] * len(prompts) if isinstance(sampling, SamplingParams) else sampling
    forced = pool.force_tokens
    requests = [
        GenerationRequest(ids, wishes, stop=stop, force_tokens=forced)
        for ids, wishes in zip(prompts, each, strict=True)
    ]
    return read_answers(pool.tokenizer, pool.complete(requests, what=what))
