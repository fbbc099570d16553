"""Pairs from the user's files: explicit prompts, conversations, or the dialogues of hh-rlhf.

However often a row says its prompt (beside both answers, in them, or both), the prompt is said once.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.datasets.messages import Fields, Messages, add_input, add_system, read_messages, report_ignored
from components.datasets.preferences import Pair
from components.datasets.rows import Row, read_good_rows
from components.metrics.data import PreferencesMetrics
from components.preferences.config import FilePreferencesConfig
from components.preferences.dialogues import is_dialogue, parse_dialogue
from components.tasks.config import SharedConfig
from components.tasks.contamination import drop_contaminated
from components.text.chat import encode_chat_example

PROMPTS = ("prompt", "question", "instruction", "conversations")
SIDES = ("chosen", "rejected")
LONG_PROMPT_WORDS = 4
"""So long a prompt at the beginning of both answers is no chance; a shorter one counts when the whole file does it."""


def read_pairs(
    cfg: FilePreferencesConfig, shared: SharedConfig, tokenizer: PreTrainedTokenizerFast
) -> tuple[list[Pair], PreferencesMetrics]:
    """Read every row as a pair; one that prefers nothing, or nothing to something, is counted and not used.

    Nor is one that holds a test item of the run's tasks.

    Raises DataError that names file and line of a malformed row.
    """
    rows = list(read_good_rows(Path(cfg.path), cfg.kind))
    everywhere = all(_repeats_prompt(row.fields) for row in rows)
    ignored: Counter[str] = Counter()
    found = [(row, _read_pair(Fields(row, ignored), row, tokenizer, everywhere)) for row in rows]
    clean, contaminated = drop_contaminated(found, _locate, shared, cfg.path)
    pairs = [pair for _, pair in clean]
    answered = [pair for pair in pairs if pair.chosen.strip() and pair.rejected.strip()]
    kept = [pair for pair in answered if pair.chosen_ids != pair.rejected_ids]
    counts = PreferencesMetrics(
        equal_pairs=len(answered) - len(kept),
        empty_answers=len(pairs) - len(answered),
        contaminated=contaminated,
        ignored_fields=report_ignored(ignored, cfg.path),
    )
    return kept, counts


def _locate(found: tuple[Row, Pair]) -> tuple[str, str]:
    row, pair = found
    return f"{row.path}:{row.line}", f"{pair.prompt}\n{pair.chosen}\n{pair.rejected}"


def _read_pair(fields: Fields, row: Row, tokenizer: PreTrainedTokenizerFast, everywhere: bool) -> Pair:
    repeated = _repeats_prompt(row.fields) and (everywhere or _is_long(row.fields))
    prompt = _read_prompt(fields)
    chosen, rejected = (_read_side(fields, name, prompt, repeated) for name in SIDES)
    fields.finish()
    shared = _shared_prompt(chosen, rejected)
    if not shared:
        raise DataError(f"{fields.where}: chosen and rejected do not answer the same prompt")
    try:
        chosen_ids, rejected_ids = (_encode(tokenizer, side) for side in (chosen, rejected))
        prompt_tokens = _count_prompt(tokenizer, chosen, len(shared))
    except DataError as error:
        raise DataError(f"{fields.where}: {error}") from None
    cut = len(shared)
    answers = _write(chosen[cut:]), _write(rejected[cut:])
    alike = sum(1 for _ in takewhile(lambda ids: ids[0] == ids[1], zip(chosen_ids, rejected_ids, strict=False)))
    return Pair(_write(shared), *answers, min(prompt_tokens, alike), chosen_ids, rejected_ids)


def _read_prompt(fields: Fields) -> Messages:
    """What both answers answer, with the row's own system text before it; empty when the answers hold it."""
    name = next((name for name in PROMPTS if fields.holds(name)), None)
    if name is None:
        return add_system(fields, [])
    value = fields.take(name)
    if isinstance(value, str) and is_dialogue(value):
        messages = parse_dialogue(value, f"{fields.where}: {name}")
        # "… Assistant:" opens the turn that both answers fill.
        messages = messages if messages[-1]["content"] else messages[:-1]
    else:
        messages = read_messages(fields, value, name, "user")
    if name == "instruction":
        add_input(fields, messages, "input")
    return add_system(fields, messages)


def _read_side(fields: Fields, name: str, prompt: Messages, repeated: bool) -> Messages:
    """The whole conversation of one side."""
    if fields.is_null(name):
        raise fields.missing(name)
    value = fields.take(name)
    asked = [message for message in prompt if message["role"] != "system"]
    if value is None:
        said: Messages = [{"role": "assistant", "content": ""}]
    elif isinstance(value, str) and (is_dialogue(value) or not asked):
        said = parse_dialogue(value, f"{fields.where}: {name}")
    elif isinstance(value, str) and repeated:
        said = [{"role": "assistant", "content": value.lstrip()[len(asked[-1]["content"].strip()) :].strip()}]
    else:
        said = read_messages(fields, value, name, "assistant")
    if said[-1]["role"] != "assistant":
        raise DataError(f"{fields.where}: {name}: the last message is not the assistant's")
    return _join(prompt, said, f"{fields.where}: {name}")


def _join(prompt: Messages, said: Messages, where: str) -> Messages:
    """Prompt and answer as one conversation, the prompt once, whether or not the answer repeats it."""
    system = [message for message in prompt[:1] if message["role"] == "system"]
    repeated_system = [message for message in said[:1] if message["role"] == "system"]
    if system and repeated_system and not _are_same(system, repeated_system):
        raise DataError(f"{where}: its system message is not the prompt's")
    asked, said = prompt[len(system) :], said[len(repeated_system) :]
    opening = system or repeated_system
    if _are_same(said[: len(asked)], asked):
        return opening + said
    if said[0]["role"] != "assistant" and asked[-1]["role"] != "assistant":
        raise DataError(f"{where}: it begins with another message than the prompt")
    return opening + asked + said


def _are_same(ours: Messages, theirs: Messages) -> bool:
    """Equal but for white space at the ends."""
    return [(m["role"], str(m["content"]).strip()) for m in ours] == [
        (m["role"], str(m["content"]).strip()) for m in theirs
    ]


def _repeats_prompt(row: Any) -> bool:
    """Whether both answers are texts that begin with the text of the prompt and go on."""
    prompt = next((row[name] for name in PROMPTS if row.get(name)), None)
    sides = [row.get(name) for name in SIDES]
    if not isinstance(prompt, str) or not all(isinstance(side, str) for side in sides) or row.get("input"):
        return False
    return not is_dialogue(prompt) and all(_goes_on(prompt.strip(), side.lstrip()) for side in sides)


def _goes_on(prompt: str, side: str) -> bool:
    """Whether a text begins with the prompt and goes on where a word may begin."""
    rest = side[len(prompt) :]
    return side.startswith(prompt) and bool(rest.strip()) and not (prompt[-1:].isalnum() and rest[0].isalnum())


def _is_long(row: Any) -> bool:
    return len(str(next(row[name] for name in PROMPTS if row.get(name))).split()) >= LONG_PROMPT_WORDS


def _encode(tokenizer: PreTrainedTokenizerFast, messages: Messages) -> list[int]:
    """Token ids up to the end of the last answer: a reward is read where a sampled answer ends."""
    ids, mask = encode_chat_example(tokenizer, [{**message, "weight": 1} for message in messages])
    return ids[: len(mask) - mask[::-1].index(1)]


def _count_prompt(tokenizer: PreTrainedTokenizerFast, messages: Messages, shared: int) -> int:
    """Token ids before the first answer that comes behind so many messages."""
    weighed = [{**message, "weight": int(index >= shared)} for index, message in enumerate(messages)]
    return encode_chat_example(tokenizer, weighed)[1].index(1)


def _shared_prompt(chosen: Messages, rejected: Messages) -> Messages:
    """The messages with which both sides begin, without the last answer of either."""
    shared = 0
    for ours, theirs in zip(chosen[:-1], rejected[:-1], strict=False):
        if ours != theirs:
            break
        shared += 1
    return chosen[:shared]


def _write(messages: Sequence[dict[str, Any]]) -> str:
    if len(messages) == 1:
        return str(messages[0]["content"])
    return "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)
