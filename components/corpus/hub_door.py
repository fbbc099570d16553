"""The only door to the `datasets` library."""

from collections.abc import Iterator
from pathlib import Path

from components.base.errors import DataError
from components.corpus.config import HubSource
from components.datasets.rows import BadRow, DamagedFileError, Row


def read_hub(source: HubSource) -> Iterator[Row | BadRow]:
    """Rows of a dataset, streamed; raises DataError when it cannot be had, or ends before its rows do."""
    import datasets

    try:
        stream = datasets.load_dataset(
            source.dataset, source.subset, split=source.split, revision=source.revision, streaming=True
        )
    except Exception as error:  # the library raises a dozen kinds: network, name, permission, format
        raise DataError(f"{source.dataset}: the dataset cannot be loaded ({_say(error)})") from None
    number = 0
    try:
        for number, fields in enumerate(stream, start=1):
            row = Row(fields, Path(source.dataset), number)
            text = fields.get(source.field)
            yield row if isinstance(text, str) else BadRow(row.path, number, f"field {source.field!r} is not text")
    except Exception as error:  # the same dozen, and those of whatever packs the files
        raise DamagedFileError(
            f"{source.dataset}: the stream ended before the dataset ({_say(error)}); "
            f"{number:,} rows could be read before that"
        ) from None


def _say(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
