"""Groups of vectors: planted ones are found, and the same again."""

import numpy as np
import pytest

from components.retrieval.clusters import cluster_vectors, measure_squares


def test_planted_groups_are_found_and_the_nearest_of_each_stands_first() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    vectors = np.concatenate([centre + 0.1 * rng.normal(size=(7, 2)) for centre in centres])
    for seed in range(5):
        found = cluster_vectors(vectors, 3, seed)
        groups = found.group_N.reshape(3, 7)
        assert (groups == groups[:, :1]).all()
        assert sorted(groups[:, 0]) == [0, 1, 2]
        for group in range(3):
            ranked = found.rank(group)
            squares = ((vectors[ranked] - vectors[ranked].mean(axis=0)) ** 2).sum(axis=1)
            assert (np.diff(squares) >= 0).all()


def test_no_vector_is_nearer_to_another_mean_than_to_its_own() -> None:
    vectors = np.random.default_rng(1).normal(size=(40, 3))
    found = cluster_vectors(vectors, 6, 3)
    for group in range(6):
        assert found.centres_KC[group] == pytest.approx(vectors[found.group_N == group].mean(axis=0))
    squares = measure_squares(vectors, found.centres_KC)
    assert (squares.argmin(axis=1) == found.group_N).all()
    assert found.distance_N == pytest.approx(np.sqrt(squares.min(axis=1)))


def test_a_seed_gives_the_same_groups_to_the_bit() -> None:
    vectors = np.random.default_rng(2).normal(size=(64, 5))
    one, two = cluster_vectors(vectors, 8, 11), cluster_vectors(vectors, 8, 11)
    assert all((a == b).all() for a, b in zip(one, two, strict=True))


def test_no_group_is_empty_even_of_equal_vectors() -> None:
    assert sorted(cluster_vectors(np.ones((4, 2)), 3, 0).group_N.tolist())[::1] in (
        [0, 0, 1, 2],
        [0, 1, 1, 2],
        [0, 1, 2, 2],
    )


def test_more_groups_than_vectors_are_refused() -> None:
    with pytest.raises(ValueError, match="5 groups of 4 vectors"):
        cluster_vectors(np.ones((4, 2)), 5, 0)
