"""Answers by several sampled chains."""

import math
from collections.abc import Mapping

from components.prompting.asking import Rate, Reply, Steps
from components.prompting.method.config import ComplexityMethod, VerifiedMethod, VotesMethod
from components.prompting.method.question import Answered, Question, list_texts
from components.prompting.selection.pool import count_sentences
from components.tasks.score import vote


def ask_for_votes(cfg: VotesMethod, question: Question) -> Steps[Answered]:
    """For several chains, of whose answers the most frequent is taken."""
    prompt = question.write(cot=True)
    if prompt is None:
        return Answered(None, None)
    said = yield question.sample(prompt, cfg)
    answers = tuple(question.read(reply.text, prompt.cue) for reply in said)
    return Answered(vote(answers), prompt, list_texts(said), answers)


def ask_for_complex_votes(cfg: ComplexityMethod, question: Question) -> Steps[Answered]:
    """The same, where only the chains with the most steps vote; among equally long ones the first."""
    prompt = question.write(cot=True)
    if prompt is None:
        return Answered(None, None)
    said = yield question.sample(prompt, cfg)
    longest = sorted(said, key=lambda reply: -count_sentences(reply.text))[: cfg.kept]
    answer = vote([question.read(reply.text, prompt.cue) for reply in longest])
    return Answered(answer, prompt, list_texts(said))


def ask_for_verified_votes(cfg: VerifiedMethod, question: Question) -> Steps[Answered]:
    """Chains behind each choice of demonstrations; each votes with the probability that the reward model gives it."""
    found = [question.write(cot=True, choice=choice) for choice in range(len(question.demonstrations))]
    prompts = [prompt for prompt in found if prompt is not None]
    if not prompts:
        return Answered(None, None)
    said = yield [ask for place, prompt in enumerate(prompts) for ask in question.sample(prompt, cfg, place)]
    cues = [prompt.cue for prompt in prompts for _ in range(cfg.samples)]
    answers = [question.read(reply.text, cue) for reply, cue in zip(said, cues, strict=True)]
    asked = question.item.ask_fixed(cot=True)
    rated = [place for place, answer in enumerate(answers) if answer is not None]
    rewards = (yield [Rate(asked, said[place].text) for place in rated]) if rated else ()
    weights: dict[str, float] = {}
    for place, reward in zip(rated, rewards, strict=True):
        answer = str(answers[place])
        weights[answer] = weights.get(answer, 0.0) + _to_probability(reward)
    return Answered(choose_heaviest(weights), prompts[0], list_texts(said))


def _to_probability(reward: Reply) -> float:
    """A Bradley-Terry reward against an answer whose reward is 0."""
    return 1.0 / (1.0 + math.exp(-max(-500.0, reward.value)))


def choose_heaviest(weights: Mapping[str, float]) -> str | None:
    """The answer of most weight, the first of equal ones; None of none."""
    return max(weights, key=weights.__getitem__) if weights else None
