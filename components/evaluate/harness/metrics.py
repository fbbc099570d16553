"""Figures of one question: lm-eval's, by what was asked for and what was answered."""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.base.errors import DataError, ParamsError
from components.tasks.harness.task import HarnessTask, Question
from components.text.patterns import substitute

Figures = dict[str, Any]
"""Of a question, by metric: a number, or what the aggregation takes."""
CHOICE_METRICS = ("acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match", "f1", "likelihood", "brier_score")
KNOWN = {
    "loglikelihood": ("perplexity", "acc"),
    "loglikelihood_rolling": ("word_perplexity", "byte_perplexity", "bits_per_byte"),
    "multiple_choice": CHOICE_METRICS,
    "generate_until": ("exact_match",),
}
MATCH_OPTIONS = ("regexes_to_ignore", "ignore_case", "ignore_punctuation", "ignore_numbers")
SETTINGS = ("metric", "aggregation", "higher_is_better", "hf_evaluate")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NO_DIGITS = str.maketrans("", "", string.digits)


def check_metrics(task: HarnessTask) -> None:
    """Raises ParamsError for a metric that the output type does not have, or an option that it does not know."""
    if task.page.process_results is not None:
        return
    known = (*KNOWN[task.page.output_type], "bypass")
    for name in task.metrics:
        if name not in known:
            raise ParamsError(f"{task.where}: metric_list: {name!r} is not one of {', '.join(known)}")
    for entry in task.page.metric_list or []:
        options = set(entry) - set(SETTINGS)
        allowed = set(MATCH_OPTIONS) if entry["metric"] == "exact_match" else set()
        if unknown := options - allowed:
            raise ParamsError(
                f"{task.where}: metric_list: {entry['metric']}: {', '.join(sorted(unknown))}: unknown option"
            )


def judge(task: HarnessTask, question: Question, answers: Sequence[Any]) -> Figures:
    """The figures of a question; `answers` are one for each of its requests, after the filters."""
    process = task.page.process_results
    if process is not None:
        try:
            found = process(question.doc, list(answers))
            return dict(found)
        except Exception as error:  # whatever the page's own code raises
            raise DataError(f"{task.where}: process_results: {type(error).__name__}: {error}") from None
    match task.page.output_type:
        case "loglikelihood":
            logprob, greedy = answers[0]
            figures: Figures = {"perplexity": logprob, "acc": int(greedy)}
        case "loglikelihood_rolling":
            text, logprob = str(question.target), answers[0]
            words, size = len(re.split(r"\s+", text)), len(text.encode())
            figures = {
                "word_perplexity": (logprob, words),
                "byte_perplexity": (logprob, size),
                "bits_per_byte": (logprob, size),
            }
        case "multiple_choice":
            figures = _judge_choices(task, question, answers)
        case "generate_until":
            figures = {"exact_match": _judge_text(task, question, answers[0])}
    return {name: figures[name] for name in task.metrics if name in figures}


def find_gold(task: HarnessTask, question: Question, choices: Sequence[str]) -> list[int]:
    """The places of the right options. Raises DataError where there is none among the options."""
    gold = task.reader.read_text(question.doc) if task.many_contexts else question.target
    places = [_place(one, choices) for one in (gold if isinstance(gold, list | tuple) else [gold])]
    found = [place for place in places if place is not None]
    if not found or len(found) < len(places):
        raise DataError(f"{task.where}: row {question.doc_id}: no gold: {gold!r} is none of its {len(choices)} options")
    return found


def _place(gold: Any, choices: Sequence[str]) -> int | None:
    if isinstance(gold, str):
        return choices.index(gold) if gold in choices else None
    return gold if isinstance(gold, int) and 0 <= gold < len(choices) else None


def _judge_choices(task: HarnessTask, question: Question, answers: Sequence[tuple[float, bool]]) -> Figures:
    choices = task.reader.read_choices(question.doc)
    gold = find_gold(task, question, choices)
    logprobs = [logprob for logprob, _ in answers[: len(choices)]]
    picked = _find_largest(logprobs)
    by_length = _find_largest([value / len(choice) for value, choice in zip(logprobs, choices, strict=True)])
    by_bytes = _find_largest([value / len(choice.encode()) for value, choice in zip(logprobs, choices, strict=True)])
    figures: Figures = {
        "acc": float(picked in gold),
        "acc_norm": float(by_length in gold),
        "acc_bytes": float(by_bytes in gold),
        "exact_match": int(any(answers[place][1] for place in gold)),
        "f1": (gold[0], picked),
        "likelihood": (gold[0], logprobs),
        "brier_score": (gold[0], logprobs),
    }
    if "acc_mutual_info" in task.metrics:
        alone = [logprob for logprob, _ in answers[len(choices) :]]
        gained = [value - before for value, before in zip(logprobs, alone, strict=True)]
        figures["acc_mutual_info"] = float(_find_largest(gained) in gold)
    return figures


def _find_largest(values: Sequence[float]) -> int:
    """The place of the largest, the first of equals."""
    return max(range(len(values)), key=lambda place: values[place])


def _judge_text(task: HarnessTask, question: Question, answer: Any) -> float:
    """Whether an answer, or the share of several, is a right one to the letter, after the metric's normalisation."""
    gold: Any = question.target
    if task.page.doc_to_choice is not None and isinstance(gold, int):
        gold = task.reader.read_choices(question.doc)[gold]
    golds = [str(one) for one in gold] if isinstance(gold, list | tuple) and task.many_targets else [str(gold)]
    entry: Mapping[str, Any] = next((m for m in task.page.metric_list or [] if m.get("metric") == "exact_match"), {})
    normalise = make_normaliser({name: entry[name] for name in MATCH_OPTIONS if name in entry})
    wanted = {normalise(one) for one in golds}
    said = [normalise(str(one)) for one in (answer if isinstance(answer, list) else [answer])]
    share = sum(one in wanted for one in said) / len(said)
    return float(share > 0) if task.many_targets else share


def make_normaliser(options: Mapping[str, Any]) -> Callable[[str], str]:
    """What exact_match does to both texts before it compares them."""

    def normalise(text: str) -> str:
        for pattern in options.get("regexes_to_ignore") or ():
            text = substitute(pattern, "", text)
        text = text.lower() if options.get("ignore_case") else text
        text = text.translate(_NO_PUNCTUATION) if options.get("ignore_punctuation") else text
        return text.translate(_NO_DIGITS) if options.get("ignore_numbers") else text

    return normalise
