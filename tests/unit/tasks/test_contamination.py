"""Evaluation items are found in documents of any script, and those that cannot be are named."""

import pytest

from components.tasks.contamination import FRAME, Sought, find_overlap, index_items
from tests.languages import LONG, SHORT

AROUND = "Some words before it, числа 1, 2, 3, 前文。{}\nAnd after it 后文 και τα λοιπά."


@pytest.mark.parametrize(("name", "item"), [*LONG.items(), *SHORT.items()])
def test_an_item_is_found_in_a_text_whatever_its_script_and_length(name: str, item: str) -> None:
    index = index_items([(item, 13)], 3)
    assert index.unindexed == ()
    assert find_overlap(AROUND.format(item), index), name
    assert find_overlap(AROUND.format(item.upper().replace(",", " –").replace("，", "、")), index), name
    others = [text for table in (LONG, SHORT) for text in table.values() if text != item]
    assert find_overlap("\n".join(others), index) is None, name


@pytest.mark.parametrize("name", LONG)
def test_half_of_a_long_item_gives_it_away(name: str) -> None:
    item = LONG[name]
    assert find_overlap(item[: len(item) * 4 // 5], index_items([(item, 13)], 3))


def test_overlap_is_found_across_case_and_punctuation() -> None:
    index = index_items([("Tom has five red apples, and Ann has two.", 5)], 3)
    assert find_overlap("It says: 'HAS five red -- apples and' so.", index) == "has five red apples and"
    assert find_overlap("has five red apples", index) is None


def test_a_short_item_is_forbidden_as_a_whole() -> None:
    index = index_items([("one two three four", 13)], 4)
    assert find_overlap("zero one two three four five", index) == "one two three four"
    assert find_overlap("one two three", index) is None


def test_width_accents_and_vowel_points_do_not_hide_an_item() -> None:
    assert find_overlap("Ｗｈａｔ ｉｓ a cafe\u0301 in Peru", index_items([("what is a café in peru", 13)], 3))
    assert find_overlap("مَا هِيَ عَاصِمَةُ بِيرُو؟", index_items([("ما هي عاصمة بيرو", 13)], 3))


@pytest.mark.parametrize(
    "item", ["Сколько будет 1 2 3 4 5 6 7 8 9?", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "12, 24, 36"]
)
def test_a_table_of_numbers_is_no_evaluation_item(item: str) -> None:
    table = " ".join(map(str, range(1, 100))) + " 12 24 36"
    assert find_overlap(table, index_items([(item, 13)], 3)) is None


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("Paris", "fewer than 3 of its words in a row hold letters"),
        ("1, 2, 4, 8, 16, ?", "it holds only numbers"),
        ("😀 → ?", "it holds no words"),
    ],
)
def test_an_item_that_cannot_be_looked_for_is_named(item: str, reason: str) -> None:
    index = index_items([Sought("What is the capital of Peru?", 13, "a:1"), Sought(item, 13, "a:2")], 3)
    assert index.items == 2
    assert [(u.place, u.reason, u.text) for u in index.unindexed] == [("a:2", reason, item)]
    assert find_overlap(f"In the text stands {item} indeed", index) is None


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("Πόσα μήλα έχει ο Γιάννης αν αγόρασε επτά χθες", "ΠΟΣΑ ΜΗΛΑ ΕΧΕΙ Ο ΓΙΑΝΝΗΣ ΑΝ ΑΓΟΡΑΣΕ ΕΠΤΑ ΧΘΕΣ"),
        ("Сколько ещё яблок осталось у неё после всего этого", "Сколько еще яблок осталось у нее после всего этого"),
        (
            "İstanbul kaç yılında fethedildi ve kim tarafından alındı",
            "istanbul kaç yılında fethedildi ve kim tarafından alındı",
        ),
    ],
)
def test_a_word_with_and_without_an_accent_that_may_be_left_out_is_one(item: str, text: str) -> None:
    assert find_overlap(text, index_items([(item, 8)], 3)) is not None


def test_the_frame_in_which_a_task_asks_gives_no_item_away() -> None:
    frame = "Read what a visitor wrote about a film and say whether they liked it or not at all:"
    items = [Sought(f"{frame} the {index}th time it was dull", 13, f"a:{index}", task="films") for index in range(12)]
    bare = Sought(frame, 13, "a:12", task="films")
    index = index_items([*items, bare], 3)
    assert find_overlap(f"{frame} a film of another kind", index) is None
    assert find_overlap(f"{frame} the 3th time it was dull", index) is not None
    assert [(item.place, item.reason) for item in index.unindexed] == [("a:12", FRAME)]
    few = index_items([*items[:3], bare], 3)
    assert find_overlap(f"{frame} a film of another kind", few) is not None
