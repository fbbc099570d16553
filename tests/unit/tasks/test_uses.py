"""What a question may be used for."""

from collections import Counter

import pytest

from components.tasks.uses import SHARES, use_of


def test_each_use_gets_its_share_of_questions() -> None:
    found = Counter(use_of(f"question number {index}") for index in range(4000))
    for use, share in SHARES.items():
        assert found[use] / 4000 == pytest.approx(share / sum(SHARES.values()), abs=0.03)


def test_a_question_keeps_its_use_however_it_is_set() -> None:
    questions = [f"Ann has {index} nuts. How many?" for index in range(50)]
    assert all(use_of(q) == use_of(q.upper().replace(".", " ;").replace(" ", "  ")) for q in questions)
