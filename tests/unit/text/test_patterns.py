"""Regular expressions of strangers: Python's language, in bounded time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.base.errors import DataError, ParamsError
from components.text import patterns

PATTERNS = [
    r"#### (\-?[0-9\.\,]+)",
    r"(-?[$0-9.,]{2,})|(-?[0-9]+)",
    r"The answer is (\-?[0-9\.\,]+).",
    r"(?i)answer:\s*([A-D])",
    r"\s+|^|$",
    r"\(?\b([a-d])\b\)?",
    r"",
]
WORDS = st.lists(st.sampled_from(["#### 1,2", " The answer is -3.", "answer: B", "\n", "(c)", "$42.0", "x"]))


@given(WORDS.map("".join), st.sampled_from(PATTERNS))
def test_it_finds_and_replaces_what_python_does(text: str, pattern: str) -> None:
    assert patterns.find_all(pattern, text) == re.findall(pattern, text)
    assert patterns.substitute(pattern, "-", text) == re.sub(pattern, "-", text)
    assert patterns.substitute(pattern, r"<\g<0>>", text, 1) == re.sub(pattern, r"<\g<0>>", text, count=1)


def test_what_would_never_end_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.05)
    endless = r"^(a|a|aa)+$"
    for act in (
        lambda: patterns.find_all(endless, "a" * 60 + "b"),
        lambda: patterns.substitute(endless, "", "a" * 60 + "b"),
    ):
        with pytest.raises(DataError, match=r"takes more than 0.05 s on a text of 61 characters") as refused:
            act()
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("pattern", ["(", 7, "[z-a]", "(?P<a>x)(?P<a>y)", "a(?i)b"])
def test_what_python_does_not_read_is_refused_with_its_place(pattern: object) -> None:
    with pytest.raises(ParamsError, match=r"page\.yaml: .* is not a regular expression"):
        patterns.require_pattern(pattern, "page.yaml")
