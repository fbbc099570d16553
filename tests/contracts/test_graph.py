"""dvc.yaml says what the signatures say."""

import pytest

from components.base.manifest import RECORDS as FOLDER
from tests.contracts.source import graph, stage_names, upstream_of

RECORDS = f"artifacts/{FOLDER}/"


@pytest.mark.parametrize("stage", stage_names())
def test_deps_are_the_arguments_of_run_and_the_stage_s_fingerprint(stage: str) -> None:
    expected = {f"artifacts/code/{stage}.json", *(f"artifacts/{name}" for name in upstream_of(stage))}
    assert {dep for dep in graph()[stage]["deps"] if not dep.startswith(RECORDS)} == expected


@pytest.mark.parametrize("stage", stage_names())
def test_how_an_artifact_came_about_makes_none_but_the_report_stale(stage: str) -> None:
    read = {dep.removeprefix(RECORDS) for dep in graph()[stage]["deps"] if dep.startswith(RECORDS)}
    assert read == (set(upstream_of(stage)) if stage == "report" else set())


@pytest.mark.parametrize("stage", stage_names())
def test_params_are_the_shared_section_and_the_stage_s_own(stage: str) -> None:
    assert graph()[stage]["params"] == ["shared", stage]


def test_the_fingerprints_are_always_made_and_depend_on_nothing() -> None:
    code = graph()["code"]
    assert code["always_changed"] is True
    assert "deps" not in code
    assert code["outs"] == ["artifacts/code"]
