"""A stage has one word, and that word is its name everywhere."""

import pytest

from components.base.yaml import read_yaml
from tests.contracts.source import ROOT, UNSTAGED, graph, stage_names


def test_every_params_section_is_a_stage_of_the_graph_and_the_other_way_round() -> None:
    assert set(read_yaml(ROOT / "params.yaml")) - {"shared"} == set(stage_names())


def test_every_file_in_pipelines_is_a_stage_or_part_of_the_command_line() -> None:
    files = {path.stem for path in (ROOT / "pipelines").glob("*.py")}
    assert files - UNSTAGED == set(stage_names())


@pytest.mark.parametrize("stage", stage_names())
def test_a_stage_has_its_room_its_config_and_its_test(stage: str) -> None:
    for path in (
        f"pipelines/{stage}.py",
        f"components/{stage}/__init__.py",
        f"components/{stage}/config.py",
        f"tests/stages/test_{stage}.py",
    ):
        assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("stage", stage_names())
def test_a_stage_is_run_under_its_own_word(stage: str) -> None:
    entry = graph()[stage]
    assert entry["cmd"] == f"python -m pipelines run {stage}"
    assert entry["outs"] == [f"artifacts/{stage}", f"artifacts/records/{stage}"]
    assert [list(metric) for metric in entry["metrics"]] == [[f"metrics/{stage}.json"]]
