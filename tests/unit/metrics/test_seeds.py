"""Figures under several seeds, and the file that holds them."""

from pathlib import Path

import pytest

from components.base.errors import ArtifactError
from components.metrics.files import write_figures
from components.metrics.seeds import SeedRow, read_seeds, summarise_seeds


def make_row(seed: int, **figures: float) -> SeedRow:
    return SeedRow(seed=seed, targets_met=1, targets_total=1, missed=[], figures=figures)


def test_a_figure_is_summed_up_over_the_seeds_that_have_it() -> None:
    found = summarise_seeds([make_row(1, a=1.0, b=5.0), make_row(2, a=2.0), make_row(3, a=6.0)])
    spread = found.summary["a"]
    assert (spread.mean, spread.min, spread.max) == (3.0, 1.0, 6.0)
    assert spread.sd == pytest.approx(7**0.5, abs=1e-6)
    assert (found.summary["b"].mean, found.summary["b"].sd) == (5.0, None)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    figures = summarise_seeds([make_row(1, a=1.0), make_row(2)])
    write_figures(tmp_path / "seeds.json", figures)
    assert read_seeds(tmp_path / "seeds.json") == figures


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "seeds.json").write_text('{"rows": []}')
    with pytest.raises(ArtifactError, match=r"seeds\.json: no figures under several seeds"):
        read_seeds(tmp_path / "seeds.json")
