"""Rules that look at one document: repair, quality, redaction, decontamination."""

import pytest

from components.base.yaml import read_yaml
from components.corpus.config import QualityRules, UnicodeConfig
from components.corpus.quality import MEASURES, find_violation
from components.corpus.repair import repair_unicode
from components.text.words import count_words
from tests.contracts.source import ROOT
from tests.languages import STORIES

UNICODE = UnicodeConfig(normalization="NFC", unescape_html=False)
OFF = dict.fromkeys(MEASURES)


def only(**thresholds: object) -> QualityRules:
    return QualityRules.model_validate({**OFF, "blocked_phrases": [], **thresholds})


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("caf\u00c3\u00a9", "café"),
        ("e\u0301te\u0301", "été"),
        ("a\r\nb", "a\nb"),
        ("“curly” ﬁne", "“curly” ﬁne"),
        ("a &lt; b", "a &lt; b"),
        ("plain\n\ttext", "plain\n\ttext"),
    ],
)
def test_unicode_is_mended_and_real_characters_stay(broken: str, mended: str) -> None:
    assert repair_unicode(broken, UNICODE) == mended


WORDS = "the cat and the dog walk to a house of stone "
BROKEN = [
    ("min_words", 5, "too few words"),
    ("max_words", 5, WORDS),
    ("min_mean_word_chars", 3.0, "a b c d e f"),
    ("max_mean_word_chars", 10.0, "x" * 80),
    ("max_symbols_per_word", 0.1, "one # two # three"),
    ("max_bullet_lines", 0.9, "- one\n- two\n* three"),
    ("max_ellipsis_lines", 0.3, "read more...\nand more…\nend"),
    ("min_alphabetic_words", 0.8, "1 2 3 four"),
    ("min_stop_words", 2, "buy cheap pills now"),
    ("max_duplicate_lines", 0.3, "same\nsame\nsame\nother"),
    ("max_top_bigram", 0.2, "buy now buy now buy now please"),
    ("max_braces", 0.02, "if (x) { y; } else { z; }"),
    ("min_alphanumeric_chars", 0.5, "=== --- *** ab"),
    ("max_line_chars", 20, "y = " + "x" * 40),
    ("max_mean_line_chars", 20.0, "x" * 50 + "\nshort"),
]


@pytest.mark.parametrize(("name", "threshold", "text"), BROKEN)
def test_each_rule_drops_what_it_names(name: str, threshold: float, text: str) -> None:
    found = find_violation(text, only(**{name: threshold}))
    assert found is not None
    assert found[0] == name


def test_every_rule_is_covered_above() -> None:
    assert {name for name, _, _ in BROKEN} == set(MEASURES)


@pytest.mark.parametrize(("name", "threshold", "_"), BROKEN)
def test_no_rule_drops_plain_english(name: str, threshold: float, _: str) -> None:
    text = "The boy and the girl walk to the river,\nwhere they have bread with honey."
    loose = {"max_words": 100, "max_line_chars": 100, "max_mean_line_chars": 100.0}
    assert find_violation(text, only(**{name: loose.get(name, threshold)})) is None


def test_blocked_phrases_drop_in_any_case() -> None:
    found = find_violation("Lorem IPSUM dolor", only(blocked_phrases=["lorem ipsum"]))
    assert found is not None and found[0] == "blocked_phrases"


@pytest.mark.parametrize("language", STORIES)
def test_the_default_rules_for_prose_do_not_drop_a_text_for_its_script(language: str) -> None:
    text = STORIES[language]
    rules = QualityRules.model_validate(read_yaml(ROOT / "params.yaml")["corpus"]["quality"]["prose"])
    assert find_violation(text, rules) is None
    assert find_violation(text[:12], rules) is not None, "a few words are too few in any script"


def test_stop_words_speak_of_latin_letters_only() -> None:
    rules = only(min_stop_words=2)
    assert find_violation("Der König ging zum Fluß", rules) is not None
    assert find_violation(STORIES["Russian"] + " OK", rules) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [("one two three", 3), ("法国的首都", 2.5), ("GPT-4 模型 2024", 3), ("сколько яблок", 2), ("ราคา", 1), ("", 0)],
)
def test_words_are_counted_in_any_script(text: str, words: float) -> None:
    assert count_words(text) == words
