"""Nearest neighbours among dense vectors that are handed in: a model's hidden states, or any encoder's.

Shapes: N keys, Q queries, C their width, K found.
"""

import numpy as np

from components.retrieval.choices import Ints
from components.retrieval.words import Floats


def find_nearest(keys_NC: Floats, queries_QC: Floats, count: int) -> Ints:
    """Places of the keys with the largest inner products with each query, the largest first: [Q, min(count, N)].

    Ties go to the first. Of vectors of length 1 the products are cosines.
    """
    return np.argsort(-(queries_QC @ keys_NC.T), axis=1, kind="stable")[:, :count].astype(np.int64)


def normalize_rows(vectors_NC: Floats) -> Floats:
    """The same directions with length 1; a vector of nothing stays so."""
    lengths_N1 = np.linalg.norm(vectors_NC, axis=1, keepdims=True)
    normal: Floats = vectors_NC / np.where(lengths_N1 > 0, lengths_N1, 1.0)
    return normal
