"""The only door to the `datasets` library."""

from collections.abc import Iterator
from pathlib import Path

from components.base.errors import DataError
from components.corpus.config import HubSource
from components.text.rows import BadRow, Row


def read_hub(source: HubSource) -> Iterator[Row | BadRow]:
    """Rows of a dataset, streamed; raises DataError when it cannot be had."""
    import datasets

    try:
        stream = datasets.load_dataset(
            source.dataset, source.subset, split=source.split, revision=source.revision, streaming=True
        )
    except Exception as error:  # the library raises a dozen kinds: network, name, permission, format
        reason = " ".join(str(error).split())[:300]
        raise DataError(f"{source.dataset}: the dataset cannot be loaded ({reason})") from None
    for number, fields in enumerate(stream, start=1):
        row = Row(fields, Path(source.dataset), number)
        text = fields.get(source.field)
        yield row if isinstance(text, str) else BadRow(row.path, number, f"field {source.field!r} is not text")
