"""Conversations to learn from: generated, or read from the user's files, one at a time into a file of the run's own."""

import json
import sys
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, assert_never

import numpy as np
import pyarrow as pa

from components.base.errors import DataError, ParamsError
from components.base.rng import derive_seed
from components.datasets.arrow_rows import Places, RowFile, RowWriter, StoredRows, create_rows
from components.datasets.conversations import read_conversation
from components.datasets.messages import Fields, Messages, report_ignored
from components.datasets.rows import read_good_rows
from components.datasets.splits import draw_place, hold_out_drawn
from components.metrics.training import SftMetrics
from components.sft.config import Data, FileData, FilePart, MixtureData, TaskData, TaskPart
from components.sft.mixture import divide
from components.sft.task_conversations import make_conversations
from components.tasks.config import SharedConfig
from components.tasks.contamination import Sieve
from components.tasks.phrasing import Style
from components.tasks.uses import Use

SCHEMA = pa.schema([("messages", pa.string()), ("origin", pa.string())])
"""Messages are JSON: a row of the user's may say anything that JSON can."""


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
    """Both sides of the split, read when they are asked for, and what was left out of the user's rows."""

    train: Sequence[Conversation]
    validation: Sequence[Conversation]
    counts: SftMetrics


class _Chosen(NamedTuple):
    """Where both sides of the split stand in the run's file, in order."""

    train: Places
    validation: Places
    counts: SftMetrics

    def choose(self, use: Use) -> Places:
        """The side of the split that a use is of."""
        return self.train if use == "train" else self.validation


def load_conversations(data: Data, shared: SharedConfig, file: Path) -> Conversations:
    """Conversations for training and for validation, kept in a file. Raises DataError that names file and line."""
    with create_rows(file, SCHEMA) as writer:
        chosen = _choose(data, shared, writer)
    rows = RowFile(file)
    train, validation = (StoredRows(rows, _read_stored, places) for places in (chosen.train, chosen.validation))
    return Conversations(train, validation, chosen.counts)


def _read_stored(rows: RowFile, row: int) -> Conversation:
    return Conversation(json.loads(rows.cell("messages", row).as_py()), rows.cell("origin", row).as_py())


def _choose(data: Data, shared: SharedConfig, writer: RowWriter) -> _Chosen:
    match data:
        case TaskData():
            train = _tell(data, data.tasks, "train", data.conversations, shared, writer)
            validation = _tell(data, data.tasks, "validation", data.validation_conversations, shared, writer)
            return _Chosen(train, validation, SftMetrics())
        case FileData():
            return _read(data, shared, writer)
        case MixtureData():
            return _mix(data, shared, writer)
        case _:
            assert_never(data)


def _tell(
    cfg: TaskData | TaskPart,
    tasks: Sequence[str] | None,
    use: Use,
    count: int,
    shared: SharedConfig,
    writer: RowWriter,
) -> Places:
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
    before = writer.rows
    for messages in made:
        writer.add(json.dumps(messages), "generated")
    return np.arange(before, writer.rows)


def _mix(data: MixtureData, shared: SharedConfig, writer: RowWriter) -> _Chosen:
    """So many of each part as its weight asks for, in one seeded order."""
    named = [part.task for part in data.parts if isinstance(part, TaskPart)]
    if len(set(named)) < len(named):
        raise ParamsError(f"sft.data.parts: a task is named twice, and its items would be learned twice: {named}")
    files = [_read(part, shared, writer) if isinstance(part, FilePart) else None for part in data.parts]
    weights = [part.weight for part in data.parts]
    counts: dict[Use, int] = {"train": data.conversations, "validation": data.validation_conversations}
    mixed: dict[Use, Places] = {}
    for use, count in counts.items():
        held = [None if file is None else file.choose(use) for file in files]
        limits = [_find_limit(part, own, use) for part, own in zip(data.parts, held, strict=True)]
        found: list[Places] = []
        for place, (part, own, share) in enumerate(zip(data.parts, held, divide(count, weights, limits), strict=True)):
            if isinstance(part, TaskPart):
                found += [_tell(part, [part.task], use, share, shared, writer)] if share else []
            elif own is not None:
                found.append(_draw(own, share, derive_seed(shared.seed, "sft", "mixture", use, place)))
        together = np.concatenate(found)
        mixed[use] = _draw(together, len(together), derive_seed(shared.seed, "sft", "mixture", use))
    return _Chosen(mixed["train"], mixed["validation"], _add([file.counts for file in files if file]))


def _draw(places: Places, count: int, seed: int) -> Places:
    """So many of them, none twice, in a random order."""
    return places[np.array(Random(seed).sample(range(len(places)), count), dtype=np.int64)]


def _find_limit(part: TaskPart | FilePart, own: Places | None, use: Use) -> int | None:
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


def _read(data: FileData | FilePart, shared: SharedConfig, writer: RowWriter) -> _Chosen:
    """The rows of a file that say something and hold no test item, each on its side of the split."""
    before, drawn = writer.rows, array("d")
    ignored: Counter[str] = Counter()
    empty, first_empty = 0, ""
    sieve = Sieve(shared, data.path)
    for row in read_good_rows(Path(data.path), data.kind):
        fields = Fields(row, ignored)
        found = Conversation(read_conversation(fields), fields.where)
        if any(_says_nothing(message) for message in found.messages):
            empty, first_empty = empty + 1, first_empty or found.origin
        elif sieve.passes(found.origin, found.text):
            writer.add(json.dumps(found.messages), found.origin)
            drawn.append(draw_place(found.messages))
    if empty:
        print(f"{data.path}: {empty} rows left out whose assistant says nothing ({first_empty} …)", file=sys.stderr)
    contaminated = sieve.report()
    held = np.array(hold_out_drawn(drawn, data.validation_fraction), dtype=np.bool_)
    train, validation = (before + np.flatnonzero(side) for side in (~held, held))
    if not len(train) or not len(validation):
        raise DataError(
            f"{data.path}: {len(train)} conversations to train on and {len(validation)} to validate: it takes two that "
            f"differ ({empty} were left out whose assistant says nothing, {contaminated} that hold test items)"
        )
    ignored_fields = report_ignored(ignored, data.path)
    counts = SftMetrics(empty_answers=empty, contaminated=contaminated, ignored_fields=ignored_fields)
    return _Chosen(train, validation, counts)


def _says_nothing(message: dict[str, Any]) -> bool:
    """An answer without words would be learned as such; one that is not learned does no harm."""
    content = message["content"]
    return (
        message["role"] == "assistant"
        and isinstance(content, str)
        and not content.strip()
        and message.get("weight") != 0
    )
