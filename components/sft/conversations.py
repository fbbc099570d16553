"""Conversations to learn from: generated, or read from the user's files."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, assert_never

from components.base.errors import DataError, ParamsError
from components.base.rng import derive_seed
from components.datasets.conversations import read_conversation
from components.datasets.messages import Fields, Messages, report_ignored
from components.datasets.rows import read_good_rows
from components.datasets.splits import hold_out
from components.metrics.training import SftMetrics
from components.sft.config import Data, FileData, FilePart, MixtureData, TaskData, TaskPart
from components.sft.mixture import divide
from components.sft.task_conversations import make_conversations
from components.tasks.config import SharedConfig
from components.tasks.contamination import drop_contaminated
from components.tasks.phrasing import Style
from components.tasks.uses import Use


@dataclass(frozen=True)
class Conversation:
    """Messages, and where they came from for the eyes of whoever must mend them."""

    messages: Messages
    origin: str

    @property
    def text(self) -> str:
        """All that is said, by whomever."""
        return "\n".join(str(message["content"]) for message in self.messages)


class Conversations(NamedTuple):
    """Both sides of the split, and what was left out of the user's rows."""

    train: list[Conversation]
    validation: list[Conversation]
    counts: SftMetrics

    def choose(self, use: Use) -> list[Conversation]:
        """The side of the split that a use is of."""
        return self.train if use == "train" else self.validation


def load_conversations(data: Data, shared: SharedConfig) -> Conversations:
    """Conversations for training and for validation. Raises DataError that names file and line."""
    match data:
        case TaskData():
            train = _tell(data, data.tasks, "train", data.conversations, shared)
            validation = _tell(data, data.tasks, "validation", data.validation_conversations, shared)
            return Conversations(train, validation, SftMetrics())
        case FileData():
            return _read(data, shared)
        case MixtureData():
            return _mix(data, shared)
        case _:
            assert_never(data)


def _tell(
    cfg: TaskData | TaskPart, tasks: Sequence[str] | None, use: Use, count: int, shared: SharedConfig
) -> list[Conversation]:
    styles: dict[Style, float] = {
        "cot": cfg.styles.cot,
        "answer_only": cfg.styles.answer_only,
        "unconstrained": cfg.styles.unconstrained,
    }
    made = make_conversations(
        shared,
        use,
        count,
        stream="sft",
        styles=styles,
        unconstrained_cot_rate=cfg.unconstrained_cot_rate,
        max_turns=cfg.max_turns,
        demonstrations=cfg.demonstrations,
        tasks=tasks,
    )
    return [Conversation(messages, "generated") for messages in made]


def _mix(data: MixtureData, shared: SharedConfig) -> Conversations:
    """So many of each part as its weight asks for, in one seeded order."""
    named = [part.task for part in data.parts if isinstance(part, TaskPart)]
    if len(set(named)) < len(named):
        raise ParamsError(f"sft.data.parts: a task is named twice, and its items would be learned twice: {named}")
    files = [_read(part, shared) if isinstance(part, FilePart) else None for part in data.parts]
    weights = [part.weight for part in data.parts]
    counts: dict[Use, int] = {"train": data.conversations, "validation": data.validation_conversations}
    mixed: dict[Use, list[Conversation]] = {}
    for use, count in counts.items():
        held = [None if file is None else file.choose(use) for file in files]
        limits = [_find_limit(part, own, use) for part, own in zip(data.parts, held, strict=True)]
        found: list[Conversation] = []
        for place, (part, own, share) in enumerate(zip(data.parts, held, divide(count, weights, limits), strict=True)):
            rng = Random(derive_seed(shared.seed, "sft", "mixture", use, place))
            if isinstance(part, TaskPart):
                found += _tell(part, [part.task], use, share, shared) if share else []
            else:
                found += rng.sample(own or [], share)
        mixed[use] = Random(derive_seed(shared.seed, "sft", "mixture", use)).sample(found, len(found))
    return Conversations(mixed["train"], mixed["validation"], _add([file.counts for file in files if file]))


def _find_limit(part: TaskPart | FilePart, own: list[Conversation] | None, use: Use) -> int | None:
    """Most conversations that a part gives: its cap, which is one on training, or what a file holds."""
    limits = [part.cap if use == "train" else None, None if own is None else len(own)]
    return min((limit for limit in limits if limit is not None), default=None)


def _add(counts: Sequence[SftMetrics]) -> SftMetrics:
    """What was left out of all files together."""
    ignored: Counter[str] = Counter()
    for one in counts:
        ignored.update(one.ignored_fields or {})
    if not counts:
        return SftMetrics()
    return SftMetrics(
        empty_answers=sum(one.empty_answers or 0 for one in counts),
        contaminated=sum(one.contaminated or 0 for one in counts),
        ignored_fields=dict(ignored),
    )


def _read(data: FileData | FilePart, shared: SharedConfig) -> Conversations:
    found: list[Conversation] = []
    ignored: Counter[str] = Counter()
    empty: list[str] = []
    for row in read_good_rows(Path(data.path), data.kind):
        fields = Fields(row, ignored)
        messages = read_conversation(fields)
        if any(_says_nothing(message) for message in messages):
            empty.append(fields.where)
        else:
            found.append(Conversation(messages, fields.where))
    if empty:
        print(f"{data.path}: {len(empty)} rows left out whose assistant says nothing ({empty[0]} …)", file=sys.stderr)
    clean, contaminated = drop_contaminated(found, lambda one: (one.origin, one.text), shared, data.path)
    held = hold_out([conversation.messages for conversation in clean], data.validation_fraction)
    train = [conversation for conversation, out in zip(clean, held, strict=True) if not out]
    validation = [conversation for conversation, out in zip(clean, held, strict=True) if out]
    if not train or not validation:
        raise DataError(
            f"{data.path}: {len(train)} conversations to train on and {len(validation)} to validate: it takes two that "
            f"differ ({len(empty)} were left out whose assistant says nothing, {contaminated} that hold test items)"
        )
    ignored_fields = report_ignored(ignored, data.path)
    counts = SftMetrics(empty_answers=len(empty), contaminated=contaminated, ignored_fields=ignored_fields)
    return Conversations(train, validation, counts)


def _says_nothing(message: dict[str, Any]) -> bool:
    """An answer without words would be learned as such; one that is not learned does no harm."""
    content = message["content"]
    return (
        message["role"] == "assistant"
        and isinstance(content, str)
        and not content.strip()
        and message.get("weight") != 0
    )
