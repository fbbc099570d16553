"""Answers in OpenAI's form, whole and in pieces."""

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

Form = Literal["chat", "text"]


@dataclass(frozen=True)
class Delta:
    """New text of a running answer; the last one says why it ended."""

    text: str
    token_ids: list[int]
    prompt_tokens: int
    finish_reason: Literal["stop", "length"] | None = None


@dataclass(frozen=True)
class Reply:
    """What all pieces of one answer have in common."""

    form: Form
    model: str
    with_token_ids: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, delta: Delta) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        message = {"role": "assistant", "content": delta.text}
        said = {"message": message} if self.form == "chat" else {"text": delta.text}
        head = self._head("chat.completion" if self.form == "chat" else "text_completion")
        usage = make_usage(delta.prompt_tokens, len(delta.token_ids))
        return {**head, "choices": [self._choice(said, delta)], "usage": usage}

    def opening(self) -> dict[str, Any]:
        """The first piece of a chat stream, which names the speaker."""
        return self._piece({"delta": {"role": "assistant", "content": ""}}, None)

    def piece(self, delta: Delta) -> dict[str, Any]:
        """One piece of a stream."""
        said: dict[str, Any] = {"delta": {"content": delta.text}} if self.form == "chat" else {"text": delta.text}
        return self._piece(said, delta)

    def usage(self, prompt_tokens: int, completion_tokens: int) -> dict[str, Any]:
        """The piece after the last, for a client that asked for the counts."""
        return {**self._piece_head(), "choices": [], "usage": make_usage(prompt_tokens, completion_tokens)}

    def _piece(self, said: dict[str, Any], delta: Delta | None) -> dict[str, Any]:
        return {**self._piece_head(), "choices": [self._choice(said, delta)]}

    def _choice(self, said: dict[str, Any], delta: Delta | None) -> dict[str, Any]:
        choice = {"index": 0, **said, "logprobs": None, "finish_reason": delta.finish_reason if delta else None}
        return {**choice, "token_ids": delta.token_ids} if self.with_token_ids and delta else choice

    def _piece_head(self) -> dict[str, Any]:
        return self._head("chat.completion.chunk" if self.form == "chat" else "text_completion")

    def _head(self, kind: str) -> dict[str, Any]:
        prefix = "chatcmpl" if self.form == "chat" else "cmpl"
        return {"id": f"{prefix}-{self.id}", "object": kind, "created": self.created, "model": self.model}


def make_usage(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    """Token counts; the end token is no part of an answer."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def encode_event(value: dict[str, Any]) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


END_OF_STREAM = "data: [DONE]\n\n"
