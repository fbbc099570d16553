"""lm-eval's own command over a model of ours; see also test_against_lm_eval.py for what needs lm-eval."""

import sys

import pytest

from components.evaluate.harness.__main__ import main


def test_without_lm_eval_its_command_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    assert main(["lm_eval", "--tasks", "list"]) == 1
    assert capsys.readouterr().err.startswith("error: lm_eval is not installed here")
