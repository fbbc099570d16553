"""Replies on disk, so that a stage that was killed asks nothing twice."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from components.base.errors import ArtifactError
from components.base.files import encode_json_lines, write_text
from components.base.hashing import hash_data
from components.prompting.asking import Ask, Reply


def name_ask(ask: Ask) -> str:
    """A name that equal asks share, in this process and the next."""
    return hash_data([type(ask).__name__, asdict(ask)])


class Journal:
    """A folder of files, each with the replies of one batch: a file is there whole, or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.replies: dict[str, Reply] = {}
        for path in sorted(folder.glob("*.jsonl")):
            self.replies.update(_read(path))

    def add(self, replies: Mapping[str, Reply]) -> None:
        """Keep the replies of a batch, by the names of what was asked."""
        count = len(list(self._folder.glob("*.jsonl")))
        rows = [{"ask": name, **asdict(reply)} for name, reply in replies.items()]
        write_text(self._folder / f"{count:06d}.jsonl", encode_json_lines(rows))
        self.replies.update(replies)


def _read(path: Path) -> dict[str, Reply]:
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return {row.pop("ask"): Reply(**{**row, "ids": tuple(row["ids"])}) for row in rows}
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{path}: replies that cannot be read ({error}); remove the file to ask again") from None
