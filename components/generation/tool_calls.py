"""Results of a tool, forced into an answer while it is written, and found again in one that was.

One function says both what the engine forces and which tokens of a text a tool wrote: what a model is trained on is
what it will meet, and of what it did not write it learns nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from transformers import PreTrainedTokenizerFast

from components.datasets.rows import read_good_rows, require_field
from components.text.tokenizer import decode_ids, encode_text
from components.tools.calculator import calculate
from components.tools.calls import Call, find_question, split_result_mark
from components.tools.config import CalculatorConfig, CallMarks, NoTool, SearchConfig, ToolConfig
from components.tools.search import Search

NO_TOOL = NoTool(kind="none")
REACH_TOKENS = 256
"""Tokens before a result in which its call is looked for."""


class ToolForcer:
    """Reads an answer's tokens so far; where they end with a call, gives the tokens of its result."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, call: Call, marks: CallMarks) -> None:
        self._tokenizer, self._call, self._marks = tokenizer, call, marks
        self._mark, self._spaces = split_result_mark(marks)
        self._closing: dict[int, bool] = {}

    def __call__(self, token_ids: Sequence[int]) -> Sequence[int]:
        """Tokens of the result and its closing mark; none where no call has just been written."""
        if not token_ids or not self._may_close(token_ids[-1]):
            return ()
        asked = find_question(decode_ids(self._tokenizer, token_ids[-REACH_TOKENS:]), self._marks)
        found = None if asked is None else self._call(asked)
        return () if found is None else encode_text(self._tokenizer, self._spaces + found + self._marks.end)

    def find_forced(self, token_ids: Sequence[int]) -> list[bool]:
        """For each token of an answer, whether it is one of a result, which the tool and not the model wrote.

        A text may cut the same letters into other tokens than the engine forces; those count that spell the result
        and nothing after it.
        """
        forced = [False] * len(token_ids)
        place = 1
        while place < len(token_ids):
            result = decode_ids(self._tokenizer, self(token_ids[:place]))
            end = place
            while result and end < len(token_ids):
                said = decode_ids(self._tokenizer, token_ids[place : end + 1])
                if not said or not result.startswith(said):
                    break
                forced[end] = True
                end += 1
            place = max(end, place + 1)
        return forced

    def _may_close(self, token_id: int) -> bool:
        """Whether a token can be the last of the mark before a result."""
        if token_id not in self._closing:
            said = decode_ids(self._tokenizer, [token_id])
            self._closing[token_id] = said.endswith(self._mark[-1]) or "\ufffd" in said
        return self._closing[token_id]


def build_forcer(cfg: ToolConfig, tokenizer: PreTrainedTokenizerFast) -> ToolForcer | None:
    """What forces the results of the configured tool; None without one. Raises DataError for unreadable passages."""
    match cfg:
        case NoTool():
            return None
        case CalculatorConfig():
            return ToolForcer(tokenizer, calculate, cfg.marks)
        case SearchConfig():
            texts = (require_field(row, "text") for row in read_good_rows(Path(cfg.path), "jsonl"))
            search = Search(texts, passage_words=cfg.passage_words, passages=cfg.passages, end_mark=cfg.marks.end)
            return ToolForcer(tokenizer, search, cfg.marks)
        case _:
            assert_never(cfg)
