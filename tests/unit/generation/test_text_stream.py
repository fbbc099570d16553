"""Pieces of text as tokens come: nothing lost, nothing sent too soon."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from components.generation.text_stream import TextStream


def decode_bytes(ids: Sequence[int]) -> str:
    return bytes(ids).decode("utf-8", errors="replace")


def run(data: bytes, stop: tuple[str, ...] = ()) -> list[str]:
    stream = TextStream(decode_bytes, stop)
    pieces = []
    for byte in data:
        pieces.append(stream.feed([byte]))
        if stream.stopped:
            return pieces
    return [*pieces, stream.finish()]


@given(st.text())
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(run(text.encode())) == text


@given(st.text(), st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_text_is_cut_before_the_first_stop_string(text: str, stop: list[str]) -> None:
    found = [text.find(s) for s in stop if s in text]
    joined = "".join(run(text.encode(), tuple(stop)))
    # The earliest completed stop string decides; one that begins earlier may be completed later.
    assert joined == text if not found else text.startswith(joined) and len(joined) >= min(found)
    assert not any(s in joined for s in stop)


def test_half_a_character_is_held_back() -> None:
    assert run("é!".encode()) == ["", "é", "!", ""]


def test_a_possible_stop_string_is_held_back_until_it_is_none() -> None:
    assert run(b"a\n\nb", ("\n\nc",)) == ["a", "", "", "\n\nb", ""]


def test_the_stop_string_itself_is_not_sent() -> None:
    assert run(b"yes. no.", (".",)) == ["y", "e", "s", ""]
