"""What is done to a model's answers before they are judged: lm-eval's filters, step by step.

Each takes all answers of each question and its row, and gives what the next one takes.
"""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

from components.base.errors import DataError, ParamsError
from components.tasks.harness.rows import Doc
from components.text.patterns import find_all, require_pattern, substitute

Answers = list[Any]
"""Of each question what it was answered: a list of texts, or one value."""
Step = Callable[[Answers, Sequence[Doc]], Answers]
GSM8K_PATTERN = r"#### (\-?[0-9\.\,]+)"
INVALID = "[invalid]"


def build_pipelines(filter_list: Sequence[dict[str, Any]] | None, where: str) -> dict[str, list[Step]]:
    """The steps of each named pipeline. Raises ParamsError for a filter or an option that is not known."""
    if filter_list is None:
        return {"none": [_take_first]}
    found: dict[str, list[Step]] = {}
    for entry in filter_list:
        steps = entry.get("filter")
        if not isinstance(entry.get("name"), str) or not isinstance(steps, list) or not steps:
            raise ParamsError(f"{where}: filter_list: an entry is a name and a list under `filter`, got {entry!r:.80}")
        found[entry["name"]] = [_build_step(step, f"{where}: filter_list.{entry['name']}") for step in steps]
    return found


def apply_pipeline(steps: Iterable[Step], answers: Answers, docs: Sequence[Doc], where: str) -> Answers:
    """Answers after every step. Raises ParamsError where a step does not suit what comes to it, and
    DataError where a pattern takes too long."""
    for step in steps:
        try:
            answers = step(answers, docs)
        except DataError as error:
            raise DataError(f"{where}: filter_list: {error}") from None
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise ParamsError(f"{where}: filter_list: a filter does not suit what it is given ({error})") from None
    return answers


def _build_step(step: Any, where: str) -> Step:
    name = step.get("function") if isinstance(step, dict) else None
    if name not in KINDS:
        raise ParamsError(f"{where}: {name!r} is not one of {', '.join(KINDS)}")
    options = {key: value for key, value in step.items() if key != "function"}
    function, known = KINDS[name]
    if unknown := set(options) - set(known):
        raise ParamsError(
            f"{where}: {name}: {', '.join(sorted(unknown))}: unknown, it knows {', '.join(known) or 'none'}"
        )
    for pattern in (options.get("regex_pattern", ""), *(options.get("regexes_to_ignore") or [])):
        require_pattern(pattern, f"{where}: {name}")
    if name == "take_first_k" and not isinstance(options.get("k"), int):
        raise ParamsError(f"{where}: take_first_k: k: a number is missing")
    return partial(function, **options)


def _take_first(answers: Answers, _: Sequence[Doc]) -> Answers:
    return [given[0] for given in answers]


def _take_first_k(answers: Answers, _: Sequence[Doc], *, k: int) -> Answers:
    if len(answers[0]) < k:
        raise IndexError(f"take_first_k: {k} answers are wanted of {len(answers[0])}; raise repeats")
    return [given[:k] for given in answers]


def _vote(answers: Answers, _: Sequence[Doc]) -> Answers:
    return [[Counter(given).most_common(1)[0][0]] for given in answers]


def _lower(answers: Answers, _: Sequence[Doc]) -> Answers:
    return [[text.lower() for text in given] for given in answers]


def _upper(answers: Answers, _: Sequence[Doc]) -> Answers:
    return [[text.upper() for text in given] for given in answers]


def _strip(answers: Answers, _: Sequence[Doc]) -> Answers:
    return [[text.strip() for text in given] for given in answers]


def _map(answers: Answers, _: Sequence[Doc], *, mapping_dict: Any = None, default_value: Any = None) -> Answers:
    return [[(mapping_dict or {}).get(text, default_value) for text in given] for given in answers]


def _find(pattern: str, text: Any, group_select: int, fallback: str) -> str:
    """What a pattern finds, the chosen one of several finds; the first group of it that holds something."""
    finds = find_all(pattern, text if isinstance(text, str) else "")
    if not finds:
        return fallback
    found = finds[group_select]
    if isinstance(found, tuple):
        found = next((group for group in found if group), fallback)
    return str(found).strip()


def _regex(
    answers: Answers,
    _: Sequence[Doc],
    *,
    regex_pattern: str = GSM8K_PATTERN,
    group_select: int = 0,
    fallback: str = INVALID,
) -> Answers:
    return [[_find(regex_pattern, text, group_select, fallback) for text in given] for given in answers]


@lru_cache(maxsize=1)
def _list_punctuation() -> dict[int, None]:
    return dict.fromkeys(i for i in range(sys.maxunicode) if unicodedata.category(chr(i)).startswith("P"))


def _multi_choice_regex(
    answers: Answers,
    docs: Sequence[Doc],
    *,
    regex_pattern: str = GSM8K_PATTERN,
    group_select: int = 0,
    fallback: str = INVALID,
    ignore_case: bool = False,
    ignore_punctuation: bool = False,
    regexes_to_ignore: Sequence[str] | None = None,
) -> Answers:
    """An option's letter in brackets: by the pattern, by an option's own words, or by a letter behind a colon."""

    def simplify(text: str) -> str:
        for pattern in regexes_to_ignore or ():
            text = substitute(pattern, "", text)
        text = text.lower() if ignore_case else text
        return text.translate(_list_punctuation()) if ignore_punctuation else text

    def read(text: Any, choices: Sequence[str]) -> str:
        text = text if isinstance(text, str) else ""
        if found := _find(regex_pattern, text, group_select, ""):
            return found
        letters = [chr(ord("A") + place) for place in range(len(choices))]
        words = [simplify(choice.strip()) for choice in choices]
        # The longest first, so that no option hides behind one that it begins with.
        said = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
        by_words = dict(zip(words, letters, strict=True))
        if found := _find(said, simplify(text), group_select, ""):
            return f"({by_words[found]})" if found in by_words else found
        if found := _find(rf":[\s]*({'|'.join(letters)})", text, group_select, ""):
            return f"({found})" if found in letters else found
        return fallback

    return [[read(text, doc["choices"]) for text in given] for given, doc in zip(answers, docs, strict=True)]


_REGEX_OPTIONS = ("regex_pattern", "group_select", "fallback")
KINDS: dict[str, tuple[Callable[..., Answers], tuple[str, ...]]] = {
    "take_first": (_take_first, ()),
    "take_first_k": (_take_first_k, ("k",)),
    "majority_vote": (_vote, ()),
    "lowercase": (_lower, ()),
    "uppercase": (_upper, ()),
    "remove_whitespace": (_strip, ()),
    "map": (_map, ("mapping_dict", "default_value")),
    "regex": (_regex, _REGEX_OPTIONS),
    "multi_choice_regex": (
        _multi_choice_regex,
        (*_REGEX_OPTIONS, "ignore_case", "ignore_punctuation", "regexes_to_ignore"),
    ),
}
"""A kind is a function of answers and rows, and the names of its options."""
