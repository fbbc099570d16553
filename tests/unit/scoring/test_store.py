"""Answers outlive whoever asked."""

from pathlib import Path

from components.scoring.prefix_cache import PrefixCache
from components.scoring.store import AnswerStore


def test_an_answer_is_found_again_in_its_scope_alone(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.jsonl", {"model": 1}) as store:
        key = store.make_key(["x", [1, 2]])
        store.add([(key, [-1.5, True])])
    with AnswerStore(tmp_path / "a.jsonl", {"model": 1}) as again:
        assert again.find(again.make_key(["x", [1, 2]])) == [-1.5, True]
    with AnswerStore(tmp_path / "a.jsonl", {"model": 2}) as other:
        assert other.find(other.make_key(["x", [1, 2]])) is None


def test_a_line_that_was_cut_off_is_asked_again_and_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with AnswerStore(path, None) as store:
        store.add([("a", 1), ("b", 2)])
    path.write_text(path.read_text(encoding="utf-8")[:-4], encoding="utf-8")
    with AnswerStore(path, None) as store:
        assert (store.find("a"), store.find("b")) == (1, None)
        store.add([("c", 3)])
    with AnswerStore(path, None) as store:
        assert (store.find("a"), store.find("c")) == (1, 3)


def test_a_cache_that_is_not_frozen_has_no_length() -> None:
    cache = PrefixCache()
    assert cache.get_seq_length() == 0
    cache.freeze(5)
    assert cache.get_mask_sizes(3, 0) == (8, 0)
