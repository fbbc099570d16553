"""How an answer is come by, with models that say what is planted."""

import math

import pytest

from components.prompting.method.config import ChainMethod, DirectMethod
from components.prompting.method.kinds import ask_directly, ask_for_chain
from components.prompting.method.weighing import calibrate_contextually, normalize
from tests.unit.prompting.scripted import Script, make_question

DIRECT = DirectMethod(kind="direct")


def test_the_answer_at_once_is_asked_behind_demonstrations_without_steps() -> None:
    script = Script(lambda *_: " 3")
    found = script.run(ask_directly(DIRECT, make_question()))
    assert found.answer == "3"
    assert script.prompts == ["Q1: 1<|endoftext|>Q2: 2<|endoftext|>Q3:"]


def test_a_chain_is_asked_behind_demonstrations_with_steps() -> None:
    script = Script(lambda *_: " 1 + 2 = 3. The answer is 3.")
    assert script.run(ask_for_chain(ChainMethod(kind="chain_of_thought"), make_question())).answer == "3"
    assert "0 + 1 = 1. The answer is 1.<|endoftext|>" in script.prompts[0]


PRIOR = {" yes": 0.9, " no": 0.1}
LIKELIHOOD = {" yes": 0.3, " no": 0.7}


def test_contextual_calibration_recovers_the_argmax_of_the_likelihood() -> None:
    """A model that says prior times likelihood, and the prior where a question has no content."""

    def weigh(prompt: str, option: str) -> float:
        has_content = prompt.endswith("Q3:")
        return math.log(PRIOR[option] * (LIKELIHOOD[option] if has_content else 1.0))

    for calibration, expected in (("none", "yes"), ("contextual", "no"), ("mutual_information", "no")):
        question = make_question(options=("yes", "no"), calibration=calibration, gold="no")  # type: ignore[arg-type]
        assert Script(weigh=weigh).run(ask_directly(DIRECT, question)).answer == expected


def test_calibrated_weights_are_those_of_the_likelihood_alone() -> None:
    prior, likelihood = [0.6, 0.3, 0.1], [0.2, 0.5, 0.3]
    seen = [math.log(p * q) for p, q in zip(prior, likelihood, strict=True)]
    weights = calibrate_contextually(seen, [[math.log(p) for p in prior]] * 3)
    assert normalize(weights) == pytest.approx(likelihood)


def test_mutual_information_asks_without_demonstrations_or_question() -> None:
    prompts: set[str] = set()

    def weigh(prompt: str, option: str) -> float:
        prompts.add(prompt)
        return 0.0

    Script(weigh=weigh).run(ask_directly(DIRECT, make_question(options=("a", "b"), calibration="mutual_information")))
    assert prompts == {"Q1: 1<|endoftext|>Q2: 2<|endoftext|>Q3:", ":"}
