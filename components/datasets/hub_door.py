"""The only door to the `datasets` library."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from components.base.errors import DataError, PipelineError
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


class Splits(Protocol):
    """Splits of a data set by their names: the library's DatasetDict."""

    def __contains__(self, name: object) -> bool:
        """Whether there is such a split."""

    def __getitem__(self, name: str) -> "Split":
        """A split."""

    def __iter__(self) -> Iterator[str]:
        """Their names."""


class Split(Protocol):
    """Rows as the library types them: its Dataset."""

    column_names: list[str]
    """Of its rows."""

    def __len__(self) -> int:
        """How many rows."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows in order."""


@contextmanager
def open_local_splits(
    builder: str, data_files: Mapping[str, Sequence[str]], options: Mapping[str, Any], where: str
) -> Iterator[Splits]:
    """Local files as `datasets.load_dataset` types them: nulls for what a row lacks, numbers where a column is one.

    They live in a folder of their own that is gone after the block. Raises DataError in the name of `where`.
    """
    import datasets

    shown = datasets.utils.logging.is_progress_bar_enabled()
    datasets.utils.logging.disable_progress_bar()
    # The library tells its hub of every data set that is read, local files too, and waits for an answer.
    counts, datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = datasets.config.HF_UPDATE_DOWNLOAD_COUNTS, False
    with tempfile.TemporaryDirectory(prefix="rows-") as cache:
        try:
            files = {split: list(names) for split, names in data_files.items()}
            yield datasets.load_dataset(builder, data_files=files, cache_dir=cache, keep_in_memory=True, **options)
        except PipelineError:
            raise
        except Exception as error:  # the library raises a dozen kinds: columns that differ, broken rows, damaged files
            reason = _say(error.__cause__ if isinstance(error.__cause__, Exception) else error)
            raise DataError(f"{where}: its rows cannot be read ({reason})") from None
        finally:
            datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = counts
            if shown:
                datasets.utils.logging.enable_progress_bar()
