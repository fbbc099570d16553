"""The only door to the `datasets` library."""

from collections.abc import Iterator
from pathlib import Path

from components.base.errors import DataError
from components.datasets.records import DamagedFileError, Row


def read_hub(dataset: str, subset: str | None, split: str, revision: str | None) -> Iterator[Row]:
    """Rows of a data set, streamed; raises DataError when it cannot be had, or ends before its rows do."""
    import datasets

    try:
        stream = datasets.load_dataset(dataset, subset, split=split, revision=revision, streaming=True)
    except Exception as error:  # the library raises a dozen kinds: network, name, permission, format
        raise DataError(f"{dataset}: the dataset cannot be loaded ({_say(error)})") from None
    number = 0
    try:
        for number, fields in enumerate(stream, start=1):
            yield Row(fields, Path(dataset), number)
    except Exception as error:  # the same dozen, and those of whatever packs the files
        raise DamagedFileError(
            f"{dataset}: the stream ended before the dataset ({_say(error)}); {number:,} rows could be read before that"
        ) from None


def _say(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
