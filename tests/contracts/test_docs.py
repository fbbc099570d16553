"""What the pages say exists, exists."""

import re
from pathlib import Path

import pytest

from pipelines.schema import PAGE_FILE, SCHEMA_FILE, make_page, make_schema
from tests.contracts.source import ROOT, source_files

README_LINES = 150
HOW_TO = ("kind", "stage", "model-option", "task", "align-method", "layout")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "infra" / "README.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
PLACE = re.compile(r"`((?:components|pipelines|tests|infra|docs|metrics)/[\w./*-]+)`")
VERB = re.compile(r"python -m pipelines (\w+)")
MAKE = re.compile(r"`make (\w+)")
NEW = "mine"
"""How-to pages call what the reader is to add by this word."""


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_places_that_are_named_exist(page: Path) -> None:
    places = [place for place in PLACE.findall(page.read_text(encoding="utf-8")) if NEW not in place]
    assert [place for place in places if not list(ROOT.glob(place.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_verbs_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = set(re.findall(r'add_parser\(\s*"(\w+)"', (ROOT / "pipelines" / "__main__.py").read_text(encoding="utf-8")))
    assert set(VERB.findall(text)) <= known
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(MAKE.findall(text)) <= targets


def test_there_is_a_page_for_each_thing_to_add() -> None:
    assert {path.stem for path in (ROOT / "docs" / "how-to").glob("*.md")} >= set(HOW_TO)


def test_the_glossary_has_no_word_that_nobody_uses() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [re.sub(r" \(.*\)", "", word) for word in re.findall(r"^\| ([a-z][^|]*) \|", text, flags=re.MULTILINE)]
    files = source_files("components", "pipelines", "tests/contracts")
    code = "\n".join(path.read_text(encoding="utf-8").lower() for path in files)
    assert [word for word in words[1:] if word not in code and word.replace(" ", "_") not in code] == []


def test_the_pages_made_from_the_configs_are_fresh() -> None:
    said = "python -m pipelines schema writes it anew"
    assert (ROOT / PAGE_FILE).read_text(encoding="utf-8") == make_page(), said
    assert (ROOT / SCHEMA_FILE).read_text(encoding="utf-8") == make_schema(), said
    first = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"
