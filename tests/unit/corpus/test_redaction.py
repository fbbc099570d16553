"""What is personal is hidden and nothing else, on labelled texts of many countries and makers."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from components.corpus.config import PiiName
from components.corpus.redaction import redact
from tests.unit.corpus.labelled import KEY_LINE, NEGATIVES, POSITIVES

ALL: list[PiiName] = ["secret", "email", "ip", "phone"]
WANTED = 0.95
_MARKED = re.compile(r"⟦(.*?)⟧", re.DOTALL)


def label() -> Iterator[tuple[str, str, str, int]]:
    """Kind, text, what should become of it, and how many marks that has."""
    for kind, texts in POSITIVES.items():
        for text in texts:
            yield kind, _MARKED.sub(r"\1", text), _MARKED.sub(f"<{kind}>", text), len(_MARKED.findall(text))
    for text in NEGATIVES:
        yield "none", text, text, 0


def test_precision_and_recall_on_labelled_texts(capsys: pytest.CaptureFixture[str]) -> None:
    """A text counts as found only when just what is marked is gone, to the letter."""
    wanted, right, put, wrong = Counter[str](), Counter[str](), 0, []
    for kind, text, expected, marks in label():
        got, counts = redact(text, ALL)
        wanted[kind] += marks
        put += sum(counts.values())
        if got == expected:
            right[kind] += marks
        else:
            wrong.append(f"{text!r} became {got!r}")
    precision, recall = right.total() / put, right.total() / wanted.total()
    with capsys.disabled():
        print(f"\nredaction: {wanted.total()} marks and {len(NEGATIVES)} hard negatives: ", end="")
        print(f"precision {precision:.3f}, recall {recall:.3f}")
        print(*wrong, sep="\n")
    assert wanted.total() >= 100 and len(NEGATIVES) >= 50 and wanted.total() + len(NEGATIVES) >= 150
    assert precision >= WANTED and recall >= WANTED
    for kind in ALL:
        assert right[kind] >= 0.9 * wanted[kind], kind


@pytest.mark.parametrize("between", [" ", "\n", "\\n", "`, then "])
def test_a_text_that_mentions_a_key_s_first_line_keeps_what_follows(between: str) -> None:
    text = f"It begins with -----BEGIN RSA PRIVATE KEY-----{between}and so on, for a thousand words. " * 3
    assert redact(text, ALL) == (text, {})


def test_a_key_without_its_last_line_goes_and_the_text_after_it_stays() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + f"{KEY_LINE}\n" * 20
    assert redact(f"Before.\n{key}\nAfter the key.", ALL) == ("Before.\n<secret>\n\nAfter the key.", {"secret": 1})


def test_a_long_text_of_key_headers_takes_no_time_to_speak_of() -> None:
    text = ("-----BEGIN RSA PRIVATE KEY-----\n" + "a\n" * 50) * 200 + "@" * 3000 + "1." * 3000 + "+1 " * 3000
    assert "BEGIN" in redact(text, ALL)[0]


def test_only_the_named_kinds_are_redacted() -> None:
    assert redact("a@b.org 10.1.2.3", ["ip"]) == ("a@b.org <ip>", {"ip": 1})


def test_each_mark_is_counted_once() -> None:
    text = "ann@a.org, bob@b.org, 10.1.2.3 and 邮箱 用户@例子.广告 有效"
    assert redact(text, ALL) == ("<email>, <email>, <ip> and 邮箱 <email> 有效", {"email": 3, "ip": 1})
