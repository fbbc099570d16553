"""Answers that are held against the question: a number of it is hidden, and found again from the answer, or not."""

import re
from collections import Counter
from collections.abc import Iterator

from components.generation.sampling import SamplingParams
from components.prompting.asking import Say, Steps
from components.prompting.method.config import VerificationMethod
from components.prompting.method.question import Answered, Question, list_texts
from components.tasks.numbers import same_value
from components.tasks.score import NUMBERS, read_answer, vote

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])")
HIDDEN = "X"


def ask_and_verify(cfg: VerificationMethod, question: Question) -> Steps[Answered]:
    """Sample chains, then verify their answers backwards; where there is nothing to hide, the majority."""
    prompt = question.write(cot=True)
    if prompt is None:
        return Answered(None, None)
    said = yield question.sample(prompt, cfg)
    answers = [question.read(reply.text, prompt.cue) for reply in said]
    votes = Counter(answer for answer in answers if answer is not None)
    candidates = [answer for answer, _ in votes.most_common(cfg.candidates)]
    checks = []
    for candidate in candidates if len(candidates) > 1 else []:
        for hidden, asked in list_conditions(question.item.question, candidate, cfg.conditions):
            written = question.write(cot=True, question=asked)
            if written is not None:
                checks.append((candidate, hidden, written))
    if not checks:
        return Answered(vote(answers), prompt, list_texts(said))
    found = yield [Say(written.ids, SamplingParams(question.limits.cot)) for _, _, written in checks]
    verified: Counter[str] = Counter()
    for (candidate, hidden, written), reply in zip(checks, found, strict=True):
        read = read_answer(written.cue + reply.text, NUMBERS)
        verified[candidate] += read is not None and same_value(read, hidden)
    best = max(candidates, key=lambda candidate: (verified[candidate], votes[candidate]))
    return Answered(best, prompt, (*list_texts(said), *list_texts(found)))


def list_conditions(question: str, candidate: str, most: int) -> Iterator[tuple[str, str]]:
    """Each number of a question, and the question in which it is hidden and the answer is told."""
    for found in list(_NUMBER.finditer(question))[:most]:
        masked = f"{question[: found.start()]}{HIDDEN}{question[found.end() :]}"
        yield found[0], f"{masked} The answer is {candidate}. What is the value of {HIDDEN}?"
