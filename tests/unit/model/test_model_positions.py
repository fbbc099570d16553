"""Position encodings against the papers' own numbers."""

import math

import pytest
import torch

from components.model.families import OntogenyDecoderConfig
from components.model.kernels import rotate
from components.model.position import (
    alibi_bias,
    alibi_slopes,
    rope_angles,
    rope_frequencies,
    sinusoids,
    t5_buckets,
)

CPU = torch.device("cpu")


def turn(x: torch.Tensor, place: int, config: OntogenyDecoderConfig) -> torch.Tensor:
    frequencies, scale = rope_frequencies(config, CPU)
    return rotate(x, *rope_angles(torch.tensor([[place]]), frequencies.double(), scale))


@pytest.mark.parametrize("scaling", ["none", "linear", "yarn"])
def test_rope_scores_depend_on_the_distance_only(scaling: str) -> None:
    config = OntogenyDecoderConfig(
        hidden_size=64, num_attention_heads=2, rope_scaling_kind=scaling, rope_scaling_factor=4.0, rope_scaling_from=32
    )
    q, k = torch.randn(2, 1, 1, 1, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    scores = [float((turn(q, place + 5, config) * turn(k, place, config)).sum()) for place in (0, 3, 40)]
    assert scores == pytest.approx([scores[0]] * 3, abs=1e-12)
    other = float((turn(q, 9, config) * turn(k, 3, config)).sum())
    assert abs(other - scores[0]) > 1e-3


def test_linear_scaling_reads_four_positions_as_one() -> None:
    plain = OntogenyDecoderConfig(hidden_size=16, num_attention_heads=2)
    scaled = OntogenyDecoderConfig(
        hidden_size=16, num_attention_heads=2, rope_scaling_kind="linear", rope_scaling_factor=4.0
    )
    x = torch.randn(1, 1, 2, 8, dtype=torch.float64)
    torch.testing.assert_close(turn(x, 12, scaled), turn(x, 3, plain))


def test_yarn_keeps_quick_pairs_and_stretches_slow_ones() -> None:
    fields = {"hidden_size": 128, "num_attention_heads": 2, "rope_scaling_from": 64, "rope_scaling_factor": 4.0}
    plain, _ = rope_frequencies(OntogenyDecoderConfig(**fields), CPU)
    yarn, scale = rope_frequencies(OntogenyDecoderConfig(**fields, rope_scaling_kind="yarn"), CPU)
    assert float(yarn[0] / plain[0]) == pytest.approx(1.0)
    assert float(yarn[-1] / plain[-1]) == pytest.approx(0.25)
    assert scale == pytest.approx(0.1 * math.log(4.0) + 1.0)


def test_alibi_slopes_are_the_papers() -> None:
    assert alibi_slopes(8).tolist() == [2.0**-i for i in range(1, 9)]
    assert alibi_slopes(16).tolist() == pytest.approx([2 ** (-i / 2) for i in range(1, 17)])
    # Twelve heads: the eight of the next lower power of two, then every other one of sixteen.
    assert alibi_slopes(12).tolist() == pytest.approx(
        [2.0**-i for i in range(1, 9)] + [2 ** -(i + 0.5) for i in range(4)]
    )


def test_alibi_takes_a_slope_for_each_step_of_distance() -> None:
    distance = torch.tensor([[[0, -1], [1, 0], [3, 2]]])
    bias = alibi_bias(distance, alibi_slopes(2))
    assert bias[0, 0].tolist() == [[0, -(2**-4)], [-(2**-4), 0], [-3 * 2**-4, -2 * 2**-4]]


def test_sinusoids_are_the_papers() -> None:
    table = sinusoids(torch.tensor([[0, 1, 7]]), 6, 10000.0)
    for row, place in enumerate((0, 1, 7)):
        for i in range(3):
            angle = place / 10000 ** (2 * i / 6)
            assert table[0, row, 2 * i : 2 * i + 2].tolist() == pytest.approx([math.sin(angle), math.cos(angle)])


def test_buckets_are_exact_near_by_and_logarithmic_far_off() -> None:
    far = torch.tensor([0, 1, 15, 16, 127, 128, 5000, -3])
    one_sided = t5_buckets(far, buckets=32, max_distance=128, bidirectional=False)
    assert one_sided.tolist() == [0, 1, 15, 16, 31, 31, 31, 0]
    two_sided = t5_buckets(far, buckets=32, max_distance=128, bidirectional=True)
    assert two_sided.tolist() == [0, 1, 9, 10, 15, 15, 15, 16 + 3]
