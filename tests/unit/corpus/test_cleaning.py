"""One document through repair, quality, redaction and decontamination, in this order."""

from typing import Any

from components.base.validation import validate
from components.base.yaml import read_yaml
from components.corpus.cleaning import Cleaner
from components.corpus.config import CorpusConfig, QualityName
from components.corpus.documents import Cleaned, Document
from components.tasks.contamination import index_items
from tests.trees import ROOT

STORY = (
    "The miller and his wife lived by the river, and they were poor; but they had a cat that could speak. "
    "One day the cat said to them that it would go to the town with a letter, and be back before the night."
)


def clean(text: str, quality: QualityName = "prose", *items: tuple[str, int], **changed: Any) -> Cleaned:
    section = read_yaml(ROOT / "params.yaml")["corpus"] | changed
    cfg: CorpusConfig = validate(CorpusConfig, section, where="corpus")
    return Cleaner(cfg, index_items(items, 3)).clean(Document("mine", "a:1", text, quality))


def test_a_good_text_passes_as_it_is() -> None:
    assert clean(STORY) == Cleaned(STORY)


def test_mojibake_is_mended_and_said() -> None:
    cleaned = clean(STORY + " The cafÃ© was shut.")
    assert cleaned.text.endswith("The café was shut.")
    assert cleaned.repaired
    assert cleaned.dropped_by == ""


def test_blank_text_is_empty_and_not_short() -> None:
    assert clean(" \n\t ").dropped_by == "empty"


def test_the_rule_that_drops_a_text_is_named_with_its_measure() -> None:
    cleaned = clean("Too short a text.")
    assert cleaned.dropped_by == "min_words"
    assert "4" in cleaned.detail


def test_without_quality_rules_a_short_text_passes() -> None:
    assert clean("Too short a text.", "off").dropped_by == ""


def test_private_details_are_masked_and_counted() -> None:
    cleaned = clean(STORY + " Write to miller@mill.example.org today.")
    assert "<email>" in cleaned.text
    assert cleaned.redactions == {"email": 1}


def test_a_text_that_holds_an_evaluation_item_says_which_words_it_shares() -> None:
    cleaned = clean(STORY, "prose", ("they had a cat that could speak one day", 6))
    assert cleaned.dropped_by == "contaminated"
    assert "they had a cat that could" in cleaned.detail


def test_quality_is_judged_before_anything_is_masked() -> None:
    address = "miller@mill.example.org "
    assert clean(address * 3, "prose").dropped_by == "min_words"
