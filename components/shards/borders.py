"""Where documents begin in rows cut from a stream: what keeps a text from seeing those that happen to share its row.

Shapes: R rows, T tokens.
"""

import numpy as np
import numpy.typing as npt


def count_positions(ids_RT: npt.NDArray[np.integer], end_id: int) -> npt.NDArray[np.int64]:
    """Each token's place in its document, [R, T]: counted from the row's beginning or the last end token before it.

    Models that read packed texts tell by them who may see whom (Zhao et al. 2024, arXiv 2402.13991: documents that
    see each other distract).
    """
    places_T = np.arange(ids_RT.shape[1])
    starts_RT = np.zeros(ids_RT.shape, dtype=bool)
    starts_RT[:, 1:] = ids_RT[:, :-1] == end_id
    began_RT: npt.NDArray[np.int64] = np.maximum.accumulate(np.where(starts_RT, places_T, 0), axis=1)
    return places_T - began_RT
