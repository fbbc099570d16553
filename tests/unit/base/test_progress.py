"""Long work shows how far it is, with rate and time left; without a name it is silent."""

import pytest

from components.base.progress import progress_bar, track


def test_items_pass_unchanged_and_the_last_line_says_that_all_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track("abc", "letters", 3, "letter")) == ["a", "b", "c"]
    shown = capsys.readouterr().err
    assert "letters: 100%" in shown
    assert "3/3" in shown
    assert "letter/s" in shown


def test_off_a_terminal_lines_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    list(track(range(10_000), "numbers", 10_000))
    assert capsys.readouterr().err.count("\r") <= 3


def test_without_a_name_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(3, None) as bar:
        bar.update(3)
    assert capsys.readouterr().err == ""
