"""Where documents begin in rows of a stream."""

import numpy as np

from components.shards.borders import count_positions

END = 9


def test_positions_begin_anew_after_every_end_and_in_every_row() -> None:
    rows = np.array([[5, 6, END, 7, 8, END], [END, END, 5, 6, 7, 8]])
    assert count_positions(rows, END).tolist() == [[0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 2, 3]]


def test_a_row_without_an_end_is_one_text() -> None:
    assert count_positions(np.full((1, 4), 3), END).tolist() == [[0, 1, 2, 3]]
