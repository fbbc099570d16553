"""Rows on disk in Arrow's stream format: written a bounded batch at a time, read where they lie in the mapped file.

So memory holds the rows at hand, however many there are. Shapes: R rows of T numbers.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

T = TypeVar("T")
Places = npt.NDArray[np.int64]
"""Rows by their number in a file."""
BATCH_ROWS = 256
"""Rows that wait in memory for the file."""


class RowWriter:
    """Appends to a file; `rows` counts what it has so far."""

    def __init__(self, stream: Any, schema: Any) -> None:
        self.rows = 0
        self._stream, self._schema = stream, schema
        self._pending: list[tuple[Any, ...]] = []

    def add(self, *values: Any) -> None:
        """One row: a value of each column."""
        self._pending.append(values)
        self.rows += 1
        if len(self._pending) == BATCH_ROWS:
            self.flush()

    def write(self, *columns: Any) -> None:
        """Many rows: an Arrow array of each column."""
        self.flush()
        batch = pa.record_batch(list(columns), schema=self._schema)
        self._stream.write_batch(batch)
        self.rows += len(batch)

    def flush(self) -> None:
        """Hand over what waits."""
        if self._pending:
            columns = zip(*self._pending, strict=True)
            arrays = [pa.array(list(column), field.type) for column, field in zip(columns, self._schema, strict=True)]
            self._stream.write_batch(pa.record_batch(arrays, schema=self._schema))
            self._pending = []


@contextmanager
def create_rows(path: Path, schema: Any) -> Iterator[RowWriter]:
    """A file of rows that takes its place when the block has succeeded, and leaves nothing when it has not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with pa.OSFile(str(partial), "wb") as sink, pa.ipc.new_stream(sink, schema) as stream:
            writer = RowWriter(stream, schema)
            yield writer
            writer.flush()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class RowFile:
    """The rows of a file that `create_rows` wrote."""

    def __init__(self, path: Path) -> None:
        self._table = pa.ipc.open_stream(pa.memory_map(str(path))).read_all()
        self._batches = self._table.to_batches()
        self._ends = np.cumsum([len(batch) for batch in self._batches], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._table)

    def cell(self, column: str, row: int) -> Any:
        """One value, as an Arrow scalar."""
        batch = int(np.searchsorted(self._ends, row, side="right"))
        found = self._batches[batch]
        return found.column(column)[row - int(self._ends[batch]) + len(found)]

    def numbers(self, column: str, row: int) -> npt.NDArray[Any]:
        """The list of numbers that stands in a row."""
        listed: npt.NDArray[Any] = self.cell(column, row).values.to_numpy(zero_copy_only=False)
        return listed

    def blocks(self, size: int) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """Columns [R, T] of so many rows at a time; all rows are lists of one length."""
        for start in range(0, len(self), size):
            part = self._table.slice(start, size)
            yield {name: _stack(part[name], len(part)) for name in part.column_names}


def _stack(column: Any, rows: int) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = column.combine_chunks().flatten().to_numpy()
    return values.reshape(rows, -1)


def list_rows(table_RT: npt.NDArray[Any]) -> Any:
    """An Arrow array of R lists of T numbers, over the memory of the table."""
    rows, length = table_RT.shape
    offsets = np.arange(0, (rows + 1) * length, length, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.ascontiguousarray(table_RT).ravel()))


class StoredRows(Sequence[T]):
    """Rows of a file in an order of their own, each made anew whenever it is asked for."""

    def __init__(self, file: RowFile, make: Callable[[RowFile, int], T], places: Places | None = None) -> None:
        self._file, self._make = file, make
        self._places = np.arange(len(file)) if places is None else places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> "StoredRows[T]": ...

    def __getitem__(self, index: int | slice) -> "T | StoredRows[T]":
        if isinstance(index, slice):
            return StoredRows(self._file, self._make, self._places[index])
        return self._make(self._file, int(self._places[index]))
