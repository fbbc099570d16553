"""Rows in a file come back as they were put there, wherever a batch ends, and half a file is none."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components.datasets.arrow_rows import BATCH_ROWS, RowFile, StoredRows, create_rows, list_rows

SCHEMA = pa.schema([("ids", pa.list_(pa.int32()))])


def read_ids(rows: RowFile, row: int) -> list[int]:
    found: list[int] = rows.numbers("ids", row).tolist()
    return found


def test_rows_come_back_by_their_number_however_they_were_written(tmp_path: Path) -> None:
    said = [[row] * (row % 5) for row in range(BATCH_ROWS + 9)]
    table_RT = np.arange(12, dtype=np.int32).reshape(4, 3)
    with create_rows(tmp_path / "rows", SCHEMA) as writer:
        for ids in said:
            writer.add(ids)
        writer.write(list_rows(table_RT))
        writer.add([7])
        assert writer.rows == len(said) + 5
    whole = [*said, *table_RT.tolist(), [7]]
    file = RowFile(tmp_path / "rows")
    assert list(StoredRows(file, read_ids)) == whole
    places = np.array([BATCH_ROWS + 10, 0, BATCH_ROWS])
    drawn = StoredRows(file, read_ids, places)
    assert list(drawn) == [whole[place] for place in places]
    assert list(drawn[1:]) == [whole[place] for place in places[1:]] and drawn[-1] == whole[BATCH_ROWS]


def test_blocks_are_of_one_size_whatever_the_batches_were(tmp_path: Path) -> None:
    table_RT = np.arange(30, dtype=np.int32).reshape(10, 3)
    with create_rows(tmp_path / "rows", SCHEMA) as writer:
        for start, end in ((0, 1), (1, 7), (7, 10)):
            writer.write(list_rows(table_RT[start:end]))
    blocks = [block["ids"] for block in RowFile(tmp_path / "rows").blocks(4)]
    assert [len(block) for block in blocks] == [4, 4, 2]
    assert np.array_equal(np.concatenate(blocks), table_RT)


def test_a_file_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyError), create_rows(tmp_path / "rows", SCHEMA) as writer:
        writer.add([1])
        raise KeyError
    assert not list(tmp_path.iterdir())
