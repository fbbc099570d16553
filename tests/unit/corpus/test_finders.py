"""What each finder marks, to the letter; the labelled set measures them together."""

import pytest

from components.corpus.addresses import find_emails, find_ips
from components.corpus.phones import find_phones
from components.corpus.secrets import find_secrets

TOKEN = "ghp_" + "a1B2" * 9


def marked(find: object, text: str) -> list[str]:
    assert callable(find)
    return [text[start:stop] for start, stop in find(text)]


@pytest.mark.parametrize("text", ["ask ann@example.org now", "mailto:ann@example.org", "<ann@example.org>"])
def test_an_address_is_found_without_what_stands_around_it(text: str) -> None:
    assert marked(find_emails, text) == ["ann@example.org"]


def test_a_decorator_and_a_handle_are_no_addresses() -> None:
    assert marked(find_emails, "@property def f(): ... by @ann and x @ y") == []


@pytest.mark.parametrize(("text", "found"), [
    ("from 192.168.17.4 on", ["192.168.17.4"]), ("version 1.2.3 of it", []), ("999.1.1.1", []),
])  # fmt: skip
def test_four_bytes_make_an_address_and_three_numbers_a_version(text: str, found: list[str]) -> None:
    assert marked(find_ips, text) == found


@pytest.mark.parametrize(("text", "found"), [
    ("call +44 20 7946 0958 today", ["+44 20 7946 0958"]), ("(212) 555-0143", ["(212) 555-0143"]),
    ("in 1984 there were 1234567 of them", []), ("12 + 30 - 4 = 38", []),
])  # fmt: skip
def test_a_number_that_shows_what_it_is_is_found(text: str, found: list[str]) -> None:
    assert marked(find_phones, text) == found


def test_a_token_goes_and_code_that_parses_tokens_stays() -> None:
    assert marked(find_secrets, f"export GH={TOKEN}") == [TOKEN]
    assert marked(find_secrets, "token = parse_the_next_token(stream)") == []
