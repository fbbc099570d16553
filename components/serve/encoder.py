"""From what a request says to token ids, beside the event loop and never longer than the context could hold."""

import asyncio
import copy
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from transformers import PreTrainedTokenizerFast

from components.serve.errors import ErrorResponse, RequestError
from components.serve.protocol import Prompt
from components.text.chat import render_chat
from components.text.tokenizer import encode_document_prompt

LARGE_CHARACTERS = 32_000
"""A text beyond this takes tens of milliseconds to encode, and waits for its like alone."""


class PromptEncoder:
    """Two threads, each with a tokenizer of its own: a long text delays neither the event loop nor short ones.

    A tokenizer is changed while it encodes (whether it splits special tokens), so two threads must not share one.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, context: int) -> None:
        self._tokenizers = (tokenizer, copy.deepcopy(tokenizer))
        self._context = context
        self._threads = tuple(ThreadPoolExecutor(1, thread_name_prefix="encode") for _ in self._tokenizers)
        self.most_characters = context * max(map(len, tokenizer.get_vocab()))

    async def encode(self, prompt: Prompt) -> list[int]:
        """Token ids of a request. Raises RequestError for one that is too long, DataError for a malformed one."""
        if isinstance(prompt, tuple):
            return self._check_ids(prompt)
        size = len(prompt) if isinstance(prompt, str) else sum(len(message["content"]) for message in prompt)
        if size > self.most_characters:
            raise RequestError(_refuse_size(size, self.most_characters))
        lane = int(size > LARGE_CHARACTERS)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads[lane], _encode, self._tokenizers[lane], prompt)

    def close(self) -> None:
        """Let the threads end."""
        for thread in self._threads:
            thread.shutdown(wait=False, cancel_futures=True)

    def _check_ids(self, ids: Sequence[int]) -> list[int]:
        """Ids as they were given; none at all stands for the beginning of a document."""
        tokenizer = self._tokenizers[0]
        begin = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
        unknown = next((token for token in ids[: self._context] if token >= len(tokenizer)), None)
        if unknown is not None:
            message = f"'prompt': token id {unknown} is not in this model's vocabulary of {len(tokenizer)}"
            raise RequestError(ErrorResponse(400, message, "invalid_value", "prompt"))
        return list(ids) or [int(begin)]


def _encode(tokenizer: PreTrainedTokenizerFast, prompt: str | list[dict[str, str]]) -> list[int]:
    return encode_document_prompt(tokenizer, prompt) if isinstance(prompt, str) else render_chat(tokenizer, prompt)


def _refuse_size(characters: int, bound: int) -> ErrorResponse:
    message = f"the request has {characters} characters of text; this model's context holds at most {bound}"
    return ErrorResponse(400, message, "context_length_exceeded")
