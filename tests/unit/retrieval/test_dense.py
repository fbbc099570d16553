"""The largest inner products."""

import numpy as np
import pytest

from components.retrieval.dense import find_nearest, normalize_rows


def test_a_key_that_equals_the_query_comes_first_and_ties_in_order() -> None:
    keys = normalize_rows(np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0], [0.0, 1.0]]))
    assert find_nearest(keys, keys[:3], 2).tolist() == [[0, 1], [1, 2], [2, 3]]
    assert find_nearest(keys, keys[:1], 9).shape == (1, 4)


def test_directions_keep_length_one_and_nothing_stays_nothing() -> None:
    normal = normalize_rows(np.array([[3.0, 4.0], [0.0, 0.0]]))
    assert normal[0] == pytest.approx([0.6, 0.8])
    assert normal[1].tolist() == [0.0, 0.0]
