"""The one way to ask a model: prompts in, the texts of its answers out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from transformers import PreTrainedTokenizerFast

from components.generation.completion import Completion
from components.generation.offline import complete
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.model.capabilities import read_end_ids
from components.text.tokenizer import decode_answer


@dataclass(frozen=True)
class Answer:
    """What a model said: the text as its reader sees it, and the tokens it is made of."""

    text: str
    completion: Completion

    @property
    def finished(self) -> bool:
        """Whether it came to its end before its limit."""
        return self.completion.finish_reason == "stop"


def generate_answers(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
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
    requests = [GenerationRequest(ids, wishes, stop=stop) for ids, wishes in zip(prompts, each, strict=True)]
    decode = partial(decode_answer, tokenizer)
    completions = complete(model, requests, end_token_ids=read_end_ids(model), decode=decode, what=what)
    return read_answers(tokenizer, completions)


def read_answers(tokenizer: PreTrainedTokenizerFast, completions: Sequence[Completion]) -> list[Answer]:
    """The texts of completions that came about elsewhere, such as in a rollout."""
    texts = [decode_answer(tokenizer, c.token_ids) if c.text is None else c.text for c in completions]
    return [Answer(text, completion) for text, completion in zip(texts, completions, strict=True)]
