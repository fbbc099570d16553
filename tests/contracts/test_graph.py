"""dvc.yaml says what the signatures say."""

import pytest

from tests.contracts.source import graph, stage_names, upstream_of


@pytest.mark.parametrize("stage", stage_names())
def test_deps_are_the_arguments_of_run_and_the_stage_s_fingerprint(stage: str) -> None:
    expected = {f"artifacts/code/{stage}.json", *(f"artifacts/{name}" for name in upstream_of(stage))}
    assert set(graph()[stage]["deps"]) == expected


@pytest.mark.parametrize("stage", stage_names())
def test_params_are_the_shared_section_and_the_stage_s_own(stage: str) -> None:
    assert graph()[stage]["params"] == ["shared", stage]


def test_the_fingerprints_are_always_made_and_depend_on_nothing() -> None:
    code = graph()["code"]
    assert code["always_changed"] is True
    assert "deps" not in code
    assert code["outs"] == ["artifacts/code"]
