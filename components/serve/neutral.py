"""Fields of OpenAI's schema that this server does not honour, and the values of theirs that ask for nothing.

Clients send a whole schema with its defaults, or an answer of ours as they dumped it. What asks for nothing is taken
and forgotten; what asks for something is refused by the field's name. A null asks for nothing anywhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.serve.errors import ErrorResponse, RequestError


@dataclass(frozen=True)
class Neutral:
    """Why a field is not honoured, and its values, besides null, that ask for nothing."""

    why: str
    values: tuple[Any, ...] = ()

    def holds(self, value: Any) -> bool:
        """Whether the value asks for nothing; true is not 1 here."""
        return any(isinstance(value, bool) == isinstance(known, bool) and value == known for known in self.values)


_NO_TOOLS = "this server calls no tools"
_NO_AUDIO = "this server speaks no audio"
_NO_CACHE = "this server keeps no prompt cache"
_BOTH = {
    "n": Neutral("this server gives one answer to a request", (1,)),
    "presence_penalty": Neutral("this server has no penalties", (0,)),
    "frequency_penalty": Neutral("this server has no penalties", (0,)),
    "logit_bias": Neutral("this server biases no logits", ({},)),
}
CHAT_FIELDS: Mapping[str, Neutral] = _BOTH | {
    "tools": Neutral(_NO_TOOLS, ([],)),
    "tool_choice": Neutral(_NO_TOOLS, ("none", "auto")),
    "functions": Neutral(_NO_TOOLS, ([],)),
    "function_call": Neutral(_NO_TOOLS, ("none", "auto")),
    "logprobs": Neutral("this server tells no log-probabilities", (False,)),
    "top_logprobs": Neutral("this server tells no log-probabilities", (0,)),
    "response_format": Neutral("this server forces no format on an answer", ({"type": "text"},)),
    "modalities": Neutral("this server answers in text alone", (["text"],)),
    "audio": Neutral(_NO_AUDIO),
    "prediction": Neutral("this server takes no predicted output"),
    "reasoning_effort": Neutral("this server has no hidden reasoning to steer", ("none",)),
    "verbosity": Neutral("this server does not steer the length of answers", ("medium",)),
    "service_tier": Neutral("this server has one tier", ("auto", "default")),
    "store": Neutral("this server stores no answers", (False,)),
    "moderation": Neutral("this server does not moderate"),
    "web_search_options": Neutral("this server does not search the web"),
    "prompt_cache_options": Neutral(_NO_CACHE, ({}, {"mode": "implicit"})),
    "prompt_cache_retention": Neutral(_NO_CACHE, ("in_memory",)),
}
COMPLETION_FIELDS: Mapping[str, Neutral] = _BOTH | {
    "best_of": Neutral("this server samples one answer", (1,)),
    "echo": Neutral("this server does not repeat the prompt", (False,)),
    "suffix": Neutral("this server does not fill a gap before a suffix", ("",)),
    "logprobs": Neutral("this server tells no log-probabilities", (False,)),
}
MESSAGE_FIELDS: Mapping[str, Neutral] = {
    "name": Neutral("the chat template has no place for a speaker's name", ("",)),
    "refusal": Neutral("the chat template has no place for a refusal beside the content", ("",)),
    "annotations": Neutral("the chat template has no place for annotations", ([],)),
    "audio": Neutral(_NO_AUDIO),
    "tool_calls": Neutral(_NO_TOOLS, ([],)),
    "function_call": Neutral(_NO_TOOLS),
    "tool_call_id": Neutral(_NO_TOOLS),
}
PART_FIELDS: Mapping[str, Neutral] = {"prompt_cache_breakpoint": Neutral(_NO_CACHE)}
STREAM_FIELDS: Mapping[str, Neutral] = {
    "include_obfuscation": Neutral("this server does not pad its pieces with noise", (False,))
}


def drop_neutral(value: Mapping[str, Any], fields: Mapping[str, Neutral], where: str = "") -> dict[str, Any]:
    """What is left to honour. Raises RequestError that names the first field asking for what is not served."""
    asked = {name: given for name, given in value.items() if given is not None}
    if isinstance(bias := asked.get("logit_bias"), dict) and "logit_bias" in fields:
        asked["logit_bias"] = {token: weight for token, weight in bias.items() if weight != 0}
    for name in [name for name in asked if name in fields]:
        if not fields[name].holds(asked.pop(name)):
            raise RequestError(_refuse_wish(where + name, fields[name]))
    return asked


def _refuse_wish(path: str, field: Neutral) -> ErrorResponse:
    allowed = " or ".join(["null", *(json.dumps(value) for value in field.values)])
    message = f"'{path}' is not supported: {field.why}; it may be left out or be {allowed}"
    return ErrorResponse(400, message, "unsupported_parameter", path)
