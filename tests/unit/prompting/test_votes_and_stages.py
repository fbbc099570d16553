"""Answers by several chains, or in several stages, with models that say what is planted."""

from components.prompting.asking import Say
from components.prompting.method.config import (
    ComplexityMethod,
    LeastMethod,
    VerificationMethod,
    VerifiedMethod,
    VotesMethod,
    ZeroChainMethod,
)
from components.prompting.method.kinds import METHODS, count_choices
from components.prompting.method.question import Question
from components.prompting.method.stages import find_questions
from components.prompting.method.verification import list_conditions
from components.tasks.task import Exemplar
from tests.unit.prompting.scripted import SHOWN, Script, make_question


class Chains:
    """Says one planted text for each seed, in the order in which seeds come."""

    def __init__(self, *texts: str) -> None:
        self.texts, self.seeds = texts, dict[int, str]()

    def __call__(self, prompt: str, ask: Say) -> str:
        return self.seeds.setdefault(ask.sampling.seed, self.texts[len(self.seeds) % len(self.texts)])


def answer(cfg: object, script: Script, question: Question | None = None) -> str | None:
    return script.run(METHODS[type(cfg)](cfg, question or make_question())).answer


def test_the_majority_of_chains_wins_and_each_has_a_seed_of_its_own() -> None:
    speak = Chains(*(f"The answer is {n}." for n in (7, 3, 3, 5, 3)))
    assert answer(VotesMethod(kind="self_consistency", samples=5, temperature=0.5), Script(speak)) == "3"
    assert len(speak.seeds) == 5


def test_only_the_longest_chains_vote_by_complexity() -> None:
    short, long = "The answer is 7.", "1 + 1 = 2. 2 + 1 = 3. The answer is 3."
    cfg = ComplexityMethod(kind="complexity_vote", samples=5, temperature=0.5, kept=2)
    assert answer(cfg, Script(Chains(short, short, long, short, long))) == "3"


def test_the_reward_model_outvotes_a_majority() -> None:
    cfg = VerifiedMethod(kind="verified_vote", prompts=2, samples=2, temperature=0.5)
    script = Script(
        Chains("The answer is 7.", "The answer is 3.", "The answer is 7.", "no idea"),
        rate=lambda _, text: 4.0 if "3" in text else -2.0,
    )
    other = (Exemplar("Q8", "8", None),)
    assert count_choices(cfg) == 2
    assert answer(cfg, script, make_question(choices=(SHOWN, other))) == "3"
    assert sum(prompt.startswith("Q8") for prompt in script.prompts) == 2, "each choice has its own chains"


def test_reasoning_comes_first_and_the_answer_out_of_it() -> None:
    script = Script(lambda prompt, _: " 3." if prompt.endswith("the answer is") else " 1 + 2 = 3")
    assert answer(ZeroChainMethod(kind="zero_shot_chain"), script) == "3"
    assert script.prompts == ["Q3:", "Q3: 1 + 2 = 3 Therefore, the answer is"], "no demonstration, and two stages"


def test_the_answer_from_which_hidden_numbers_are_found_again_is_taken() -> None:
    """Two of three chains say 9; only behind 7 does the model find 4 and 3 again."""

    def speak(prompt: str, ask: Say) -> str:
        if "value of X" not in prompt:
            return chains(prompt, ask)
        hidden = "4" if "X nuts" in prompt else "3"
        return f"The answer is {hidden if 'answer is 7' in prompt else 0}."

    chains = Chains("The answer is 9.", "The answer is 7.", "The answer is 9.")
    cfg = VerificationMethod(kind="self_verification", samples=3, temperature=0.5)
    question = make_question("Ann has 4 nuts and 3 figs. How many are they?", gold="7")
    assert answer(cfg, Script(speak), question) == "7"


def test_hidden_conditions_tell_the_answer_and_ask_for_the_number() -> None:
    [first, second] = list_conditions("Ann has 4 nuts and 3.5 figs, x2.", "7", 5)
    assert first == ("4", "Ann has X nuts and 3.5 figs, x2. The answer is 7. What is the value of X?")
    assert second[0] == "3.5"


def test_chains_that_agree_are_not_verified() -> None:
    script = Script(Chains("The answer is 3."))
    cfg = VerificationMethod(kind="self_verification", samples=3, temperature=0.5)
    assert answer(cfg, script, make_question("1 or 2")) == "3"
    assert script.rounds == 1


def test_simpler_questions_are_answered_one_behind_the_other() -> None:
    def speak(prompt: str, ask: Say) -> str:
        asked = prompt.rpartition("<|endoftext|>")[2]
        if "simpler" in asked:
            return "1. How many nuts? 2) How many figs?"
        return {"nuts?:": "Two nuts.", "figs?:": "Three figs."}.get(asked[-6:], "The answer is 5.")

    script = Script(speak)
    assert answer(LeastMethod(kind="least_to_most"), script, make_question("How many in all?")) == "5"
    last = script.prompts[-1].rpartition("<|endoftext|>")[2]
    assert last == "How many nuts? Two nuts. How many figs? Three figs. How many in all?:"
    assert script.rounds == 4


def test_simpler_questions_are_whatever_ends_with_a_question_mark() -> None:
    assert find_questions("First. 1. How many? - Who?\nHow many? Done.", 3) == ["How many?", "Who?"]
    assert find_questions("none", 3) == []
