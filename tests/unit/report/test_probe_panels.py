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


def test_models_stand_in_the_order_in_which_they_were_made_and_shots_in_that_of_numbers() -> None:
    """A file of figures is sorted by name: there aligned comes first, and ten demonstrations before two."""
    found = {
        name: ModelProbes(induction_score=score, induction_heads=0, curve={"0": 4.0, "10": 2.0, "2": 3.0})
        for name, score in (("aligned", 0.3), ("base", 0.1), ("int8", 0.4), ("sft", 0.2))
    }
    induction, demonstrations = draw_probes(IclMetrics(probes=found))
    assert "base 0, sft 0, aligned 0, int8 0" in induction.caption
    assert [name for _, name in demonstrations.keys] == ["base", "sft", "aligned", "int8"]
    assert (induction.value, demonstrations.value) == ("0.400", "2")
