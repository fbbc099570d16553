"""Answers in several stages: steps and then the answer out of them, or simpler questions first."""

import re

from components.generation.sampling import SamplingParams
from components.prompting.asking import Say, Steps
from components.prompting.method.config import LeastMethod, ZeroChainMethod
from components.prompting.method.question import Answered, Question
from components.tasks.templates import render
from components.text.tokenizer import encode_text

_QUESTION = re.compile(r"[^.!?\n]+\?")


def ask_in_two_stages(cfg: ZeroChainMethod, question: Question) -> Steps[Answered]:
    """Reason without demonstrations, then extract: the second prompt is the first, what was said, and a bridge."""
    prompt = question.without_demonstrations().write(cot=True)
    if prompt is None:
        return Answered(None, None)
    [reasoned] = yield [Say(prompt.ids, SamplingParams(question.limits.cot))]
    bridge = encode_text(question.prompter.tokenizer, f" {cfg.extraction}")
    [said] = yield [Say((*prompt.ids, *reasoned.ids, *bridge), SamplingParams(question.limits.answer))]
    return Answered(question.read(said.text, cfg.extraction), prompt, (reasoned.text, said.text))


def ask_simpler_first(cfg: LeastMethod, question: Question) -> Steps[Answered]:
    """Each simpler question behind the answers to those before it, and the question itself behind all of them."""
    own = question.item.question
    first = question.write(cot=True)
    wanted = render(cfg.decomposition, {"question": own}, "icl.methods")
    listing = question.without_demonstrations().write(cot=True, question=wanted)
    if first is None or listing is None:
        return Answered(None, first)
    limit = SamplingParams(question.limits.cot)
    [listed] = yield [Say(listing.ids, limit)]
    told, texts = "", [listed.text]
    for simpler in find_questions(listed.text, cfg.questions):
        prompt = question.write(cot=True, question=f"{own} {told}{simpler}")
        if prompt is None:
            break
        [said] = yield [Say(prompt.ids, limit)]
        texts.append(said.text)
        told += f"{simpler} {said.text.strip()} "
    last = question.write(cot=True, question=f"{told}{own}") or first
    [said] = yield [Say(last.ids, limit)]
    return Answered(question.read(said.text, last.cue), first, (*texts, said.text))


def find_questions(text: str, most: int) -> list[str]:
    """The sentences that end with a question mark, without their numbering, none twice."""
    found = [re.sub(r"^[\s\d.)*-]+", "", sentence).strip() for sentence in _QUESTION.findall(text)]
    return [sentence for sentence in dict.fromkeys(found) if sentence != "?"][:most]
