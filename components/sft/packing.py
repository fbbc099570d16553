"""Conversations as rows of token ids of one length: tokenised once, packed, learned where the assistant speaks.

Shapes: R rows of T tokens. Several conversations share a row and never see each other: positions begin
anew at each, from which attention derives a block-diagonal mask.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.base.progress import track
from components.generation.tool_calls import ToolForcer
from components.sft.conversations import Conversation
from components.text.chat import encode_chat_example

IGNORED = -100
"""The label that cross-entropy leaves out."""
BLOCK_ROWS = 256
"""Rows that are in memory at one time."""
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Example:
    """Token ids of one conversation and a mask: true on what the assistant says, its end token included."""

    input_ids: Ints
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PackedRows:
    """A block of what a trainer takes; each [R, T]."""

    input_ids_RT: Ints
    labels_RT: Ints
    position_ids_RT: Ints | None
    """None where each row holds one conversation and positions are the model's own business."""
    useful_tokens: int
    """Tokens that are no padding."""
    attention_mask_RT: Ints | None = None
    """1 on text and 0 on padding, where there are no positions to tell them apart."""

    @property
    def borders(self) -> dict[str, Ints]:
        """What tells a model where texts begin and end, under the name that it takes it by."""
        if self.position_ids_RT is not None:
            return {"position_ids": self.position_ids_RT}
        return {} if self.attention_mask_RT is None else {"attention_mask": self.attention_mask_RT}


class Layout(NamedTuple):
    """Which examples lie in which row: row r holds `order[bounds[r] : bounds[r + 1]]`."""

    order: npt.NDArray[np.int64]
    bounds: npt.NDArray[np.int64]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.bounds) - 1

    def list_examples(self, row: int) -> list[int]:
        """The examples of a row, from left to right."""
        found: list[int] = self.order[self.bounds[row] : self.bounds[row + 1]].tolist()
        return found


def encode_conversations(
    conversations: Sequence[Conversation],
    tokenizer: PreTrainedTokenizerFast,
    seq_len: int,
    what: str,
    forcer: ToolForcer | None = None,
) -> Iterator[Example]:
    """Examples of at most `seq_len` tokens; a conversation whose first answer does not fit is left out.

    What a tool writes into an answer is read and not learned, as `forcer` finds it.

    Raises DataError that says where a malformed conversation stands, or that none is left.
    """
    kept = 0
    for conversation in track(conversations, f"encode {what}", len(conversations), "text"):
        example = cut_to_answers(_encode(conversation, tokenizer), seq_len)
        if example is not None:
            kept += 1
            yield example if forcer is None else hide_results(example, forcer)
    if not kept:
        raise DataError(f"{what}: not one of {len(conversations)} conversations has an answer within {seq_len} tokens")


def _encode(conversation: Conversation, tokenizer: PreTrainedTokenizerFast) -> Example:
    try:
        input_ids, mask = encode_chat_example(tokenizer, conversation.messages)
    except DataError as error:
        raise DataError(f"{conversation.origin}: {error}") from None
    return Example(np.asarray(input_ids, np.int32), np.asarray(mask, np.bool_))


def cut_to_answers(example: Example, seq_len: int) -> Example | None:
    """The longest beginning that fits and ends with a whole answer; None when there is none.

    An answer cut short would teach the model to stop nowhere.
    """
    goes_on = np.append(example.mask[1:], False)
    ends = np.flatnonzero(example.mask & ~goes_on) + 1
    fitting = ends[ends <= seq_len]
    return Example(example.input_ids[: fitting[-1]], example.mask[: fitting[-1]]) if len(fitting) else None


def hide_results(example: Example, forcer: ToolForcer) -> Example:
    """The same with a mask that leaves out what the tool wrote: in use the engine writes it again."""
    mask = example.mask.copy()
    borders = np.flatnonzero(np.diff(np.r_[False, example.mask, False]))
    for start, end in borders.reshape(-1, 2).tolist():
        mask[start:end] &= ~np.array(forcer.find_forced(example.input_ids[start:end].tolist()), np.bool_)
    return Example(example.input_ids, mask)


def lay_rows(count: int) -> Layout:
    """One conversation a row, for a model whose attention would let packed ones see each other."""
    return Layout(np.arange(count), np.arange(count + 1))


def pack_rows(lengths: npt.NDArray[np.int32], seq_len: int) -> Layout:
    """Best-fit decreasing (Ding et al. 2024, arXiv 2404.10830), for examples of these lengths."""
    order = np.argsort(-lengths, kind="stable")
    shortest = int(lengths.min(initial=seq_len))
    row_of = np.empty(len(order), np.int32)
    rows = 0
    free: list[tuple[int, int]] = []  # (room left, row), sorted; a row without room for the shortest is done
    for place, index in enumerate(order):
        length = int(lengths[index])
        at = bisect_left(free, (length, -1))
        room, row = free.pop(at) if at < len(free) else (seq_len, rows)
        rows = max(rows, row + 1)
        row_of[place] = row
        if room - length >= shortest:
            insort(free, (room - length, row))
    return Layout(order[np.argsort(row_of, kind="stable")], np.searchsorted(np.sort(row_of), np.arange(rows + 1)))


def write_rows(
    examples: Sequence[Example], layout: Layout, seq_len: int, pad_id: int, *, packed: bool
) -> Iterator[PackedRows]:
    """The examples laid side by side, a block of rows at a time; the rest of each row is padding.

    Packed rows have positions that begin anew at each example and at the padding; rows of one example have a mask.
    """
    for start in range(0, layout.rows, BLOCK_ROWS):
        rows = [layout.list_examples(row) for row in range(start, min(start + BLOCK_ROWS, layout.rows))]
        yield _write_block([[examples[index] for index in row] for row in rows], seq_len, pad_id, packed=packed)


def _write_block(rows: list[list[Example]], seq_len: int, pad_id: int, *, packed: bool) -> PackedRows:
    input_ids_RT = np.full((len(rows), seq_len), pad_id, np.int32)
    labels_RT = np.full((len(rows), seq_len), IGNORED, np.int32)
    position_ids_RT = np.zeros((len(rows), seq_len), np.int32)
    mask_RT = np.zeros((len(rows), seq_len), np.int32)
    for row, own in enumerate(rows):
        start = 0
        for example in own:
            stop = start + len(example.input_ids)
            input_ids_RT[row, start:stop] = example.input_ids
            labels_RT[row, start:stop] = np.where(example.mask, example.input_ids, IGNORED)
            position_ids_RT[row, start:stop] = np.arange(stop - start)
            start = stop
        position_ids_RT[row, start:] = np.arange(seq_len - start)
        mask_RT[row, :start] = 1
    useful = int(mask_RT.sum())
    if packed:
        return PackedRows(input_ids_RT, labels_RT, position_ids_RT, useful)
    return PackedRows(input_ids_RT, labels_RT, None, useful, mask_RT)
