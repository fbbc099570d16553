"""Only text that can be written counts as text."""

import pytest

from components.base.unicode import is_unicode


@pytest.mark.parametrize(("text", "writable"), [("", True), ("\U0001f600 é", True), ("a\ud800", False)])
def test_a_lone_surrogate_cannot_be_written(text: str, writable: bool) -> None:
    assert is_unicode(text) is writable
