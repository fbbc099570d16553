"""What the report says of an ablation's figures."""

from pathlib import Path
from typing import Any

import pytest

from components.base.errors import ArtifactError
from components.metrics.ablation import AblationFigures, AblationRow, read_ablation
from components.metrics.files import write_figures
from components.report.ablation import describe_ablation, format_spread, read_page


def make_run(loss: float, **more: Any) -> dict[str, Any]:
    lengths = {
        str(factor): {"tokens": 64 * factor, "loss": loss + 0.1 * factor, "by_position": [loss] * 4}
        for factor in (1, 2, 4)
    }
    return {"next_token_loss": loss, "parameters": 990_000, "tokens_per_s": 12_000, "lengths": lengths, **more}


def make_figures() -> AblationFigures:
    objective = {"pretrain.objective.kind": "span_corruption"}
    filled = {"infilling": {"match": 0.4, "match_left_only": 0.1}}
    rows = [
        AblationRow(name="rope", about="the default", set={}, runs=[make_run(1.0), make_run(1.2)]),
        AblationRow(name="alibi", about="", set={"a.b": 1}, runs=[make_run(0.8), make_run(0.9)]),
        AblationRow(name="span_corruption", about="", set=objective, runs=[make_run(3.0, **filled)]),
    ]
    return AblationFigures(title="Options", seeds=[0, 1], common={}, positions=["rope", "alibi"], rows=rows)


def test_the_spread_is_the_standard_deviation_over_seeds() -> None:
    assert format_spread([1.0, 1.2]) == "1.100 ± 0.141"
    assert format_spread([1.0]) == "1.000"
    assert format_spread([]) == "—"


def test_architectures_and_objectives_have_tables_of_their_own() -> None:
    page = describe_ablation(make_figures())
    assert [row["name"] for row in page.choices] == ["rope", "alibi"]
    assert page.choices[1]["gap"] == "−0.250"
    assert [row["name"] for row in page.uses] == ["rope", "span corruption"]
    assert page.uses[1]["infilling"].startswith("40.0")
    assert page.uses[0]["infilling"] == "—"
    assert page.lengths[0]["4"] == "1.500 ± 0.141"


def test_the_best_variant_is_drawn_first_and_unseen_lengths_are_shaded() -> None:
    page = describe_ablation(make_figures())
    assert page.losses.index("alibi") < page.losses.index("rope")
    assert "fill: var(--miss, " in page.positions


def test_figures_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_figures(tmp_path / "a.json", make_figures())
    assert read_ablation(tmp_path / "a.json") == make_figures()
    assert read_page(str(tmp_path / "a.json")) is not None


def test_without_figures_there_is_no_section_and_damaged_ones_are_named(tmp_path: Path) -> None:
    assert read_page(None) is None
    assert read_page(str(tmp_path / "a.json")) is None
    for damage, said in (("{", "not valid JSON"), ("{}", "no ablation's figures")):
        (tmp_path / "a.json").write_text(damage, encoding="utf-8")
        with pytest.raises(ArtifactError, match=rf"a\.json: {said}"):
            read_page(str(tmp_path / "a.json"))
