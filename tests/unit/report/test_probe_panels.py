"""Panels of the probes: what was found, and nothing of what was not looked for."""

from components.metrics.probes import LinearFunctionFigures, ModelProbes
from components.metrics.prompting import IclMetrics
from components.report.probes import draw_probes


def test_each_probe_that_found_something_has_a_panel() -> None:
    found = ModelProbes(induction_score=0.9, even_score=0.05, induction_heads=3, curve={"0": 4.0, "2": 2.5})
    metrics = IclMetrics(
        probes={"base": found, "int8": found.model_copy(update={"induction_score": 0.4, "induction_heads": 1})},
        linear_functions=LinearFunctionFigures(model=[1.0, 0.6], least_squares=[1.0, 0.5]),
    )
    panels = draw_probes(metrics)
    assert [panel.title for panel in panels] == ["Induction", "Demonstrations", "Linear functions"]
    assert panels[0].value == "0.400"
    assert "base 3, int8 1" in panels[0].caption


def test_a_run_without_probes_has_no_panels() -> None:
    assert draw_probes(IclMetrics()) == []
    assert draw_probes(IclMetrics(probes={"base": ModelProbes()})) == []
