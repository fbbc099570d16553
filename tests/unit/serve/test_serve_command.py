"""Leaving the server running."""

from pathlib import Path

import pytest

from components.serve.__main__ import main


def test_a_missing_config_is_one_line_and_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["serve", str(tmp_path / "absent.yaml")])
    assert main() == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "absent.yaml" in said and said.count("\n") == 1
