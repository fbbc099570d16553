"""No figure that is NaN or infinite is written or lets a stage pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DivergenceError, GateError
from components.base.files import encode_json_lines, find_non_finite, write_json
from components.metrics.figures import require_finite

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": 1.0, "b": [1, "nan", None, True]}, []),
        ({"a": {"b": [0.0, NAN]}}, ["a.b.1 = nan"]),
        ({"a": (INF, -INF)}, ["a.0 = inf", "a.1 = -inf"]),
        (NAN, ["the value = nan"]),
    ],
)
def test_every_place_of_a_strange_number_is_named(value: Any, found: list[str]) -> None:
    assert find_non_finite(value) == found


def test_json_never_holds_nan_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_json(path, {"loss": 1.0})
    with pytest.raises(DivergenceError, match=r"metrics\.json: loss = nan"):
        write_json(path, {"loss": NAN})
    assert json.loads(path.read_text()) == {"loss": 1.0}
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_json_lines([{"loss": INF}])


def test_a_stage_with_a_figure_that_is_no_number_does_not_pass() -> None:
    with pytest.raises(GateError, match=r"^reward: heldout_margin = nan: "):
        require_finite({"heldout_margin": NAN, "heldout_accuracy": 0.9}, "reward")
