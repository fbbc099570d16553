"""Long work shows how far it is, with rate and time left; without a name it is silent."""

import pytest

from components.base import progress
from components.base.progress import progress_bar, track


def test_items_pass_unchanged_and_the_last_line_says_that_all_are_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "QUIET_INTERVAL_S", 0.0)
    assert list(track("abc", "letters", 3, "letter")) == ["a", "b", "c"]
    shown = capsys.readouterr().err
    assert shown.splitlines()[-1].startswith("letters: 100% 3/3")
    assert "letter/s" in shown
    assert "\r" not in shown, "a file has no line to write over"


def test_off_a_terminal_what_is_over_soon_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    list(track(range(10_000), "numbers", 10_000))
    assert capsys.readouterr().err == ""


def test_without_a_name_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(3, None) as bar:
        bar.update(3)
    assert capsys.readouterr().err == ""
