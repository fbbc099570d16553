"""Conversations as rows of token ids of one length: tokenised once, packed, learned where the assistant speaks.

Shapes: R rows of T tokens. Several conversations share a row and never see each other: positions begin
anew at each, from which attention derives a block-diagonal mask.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass

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
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Example:
    """Token ids of one conversation and a mask: true on what the assistant says, its end token included.

    Arrays take an eighth of what lists do: all of a run's conversations are held at one time.
    """

    input_ids: Ints
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PackedRows:
    """What a trainer takes; each [R, T]."""

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


def encode_conversations(
    conversations: list[Conversation],
    tokenizer: PreTrainedTokenizerFast,
    seq_len: int,
    what: str,
    forcer: ToolForcer | None = None,
) -> list[Example]:
    """Examples of at most `seq_len` tokens; a conversation whose first answer does not fit is left out.

    What a tool writes into an answer is read and not learned, as `forcer` finds it.

    Raises DataError that says where a malformed conversation stands, or that none is left.
    """
    tracked = track(conversations, f"encode {what}", len(conversations), "text")
    encoded = [cut_to_answers(_encode(c, tokenizer), seq_len) for c in tracked]
    kept = [example for example in encoded if example is not None]
    if not kept:
        raise DataError(f"{what}: not one of {len(conversations)} conversations has an answer within {seq_len} tokens")
    return kept if forcer is None else [hide_results(example, forcer) for example in kept]


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


def lay_rows(examples: list[Example], seq_len: int, pad_id: int) -> PackedRows:
    """One conversation a row, then padding: for a model whose attention would let packed ones see each other."""
    rows = [[index] for index in range(len(examples))]
    input_ids_RT, labels_RT, _ = _write_rows(examples, rows, seq_len, pad_id)
    lengths_R1 = np.asarray([[len(example.input_ids)] for example in examples])
    mask_RT = (np.arange(seq_len) < lengths_R1).astype(np.int32)
    return PackedRows(input_ids_RT, labels_RT, None, _count(examples), mask_RT)


def assign_rows(lengths: list[int], seq_len: int) -> list[list[int]]:
    """Best-fit decreasing: indices of the examples that share each row (Ding et al. 2024, arXiv 2404.10830)."""
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # (room left, row), sorted
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        at = bisect_left(free, (lengths[index], -1))
        room, row = free.pop(at) if at < len(free) else (seq_len, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(index)
        insort(free, (room - lengths[index], row))
    return rows


def pack_rows(examples: list[Example], seq_len: int, pad_id: int) -> PackedRows:
    """Lay the examples side by side; the rest of each row is padding with positions of its own."""
    rows = assign_rows([len(example.input_ids) for example in examples], seq_len)
    return PackedRows(*_write_rows(examples, rows, seq_len, pad_id), _count(examples))


def _write_rows(examples: list[Example], rows: list[list[int]], seq_len: int, pad_id: int) -> tuple[Ints, Ints, Ints]:
    """Ids, labels and positions of rows that hold the examples of these indices."""
    input_ids_RT = np.full((len(rows), seq_len), pad_id, np.int32)
    labels_RT = np.full((len(rows), seq_len), IGNORED, np.int32)
    position_ids_RT = np.zeros((len(rows), seq_len), np.int32)
    for row, indices in enumerate(rows):
        start = 0
        for example in (examples[index] for index in indices):
            stop = start + len(example.input_ids)
            input_ids_RT[row, start:stop] = example.input_ids
            labels_RT[row, start:stop] = np.where(example.mask, example.input_ids, IGNORED)
            position_ids_RT[row, start:stop] = np.arange(stop - start)
            start = stop
        position_ids_RT[row, start:] = np.arange(seq_len - start)
    return input_ids_RT, labels_RT, position_ids_RT


def _count(examples: Iterable[Example]) -> int:
    return sum(len(example.input_ids) for example in examples)
