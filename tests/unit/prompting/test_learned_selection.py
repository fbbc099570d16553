"""Selections that ask the model, with a model that was made up: what it finds likely, or says, is known."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from components.base.errors import ParamsError
from components.prompting.asking import Ask, AskedModel, Reply, Say, Weigh
from components.prompting.select import require_pool
from components.prompting.selection.bandit import choose_by_policy
from components.prompting.selection.config import KnnSelection
from components.prompting.selection.epr import choose_by_trained_retriever
from components.prompting.selection.external import choose_externally
from components.prompting.selection.kinds import open_selection
from components.prompting.selection.learned_config import (
    AutoCotSelection,
    BanditSelection,
    BootstrappedSelection,
    EprSelection,
    ExternalSelection,
    LmGainSelection,
)
from components.prompting.selection.lm_gain import choose_by_gain
from components.prompting.selection.pool import ExemplarPool
from components.prompting.selection.self_made import remake_by_clusters, remake_by_own_success
from components.prompting.selection.verdicts import weigh_answers
from components.retrieval.words import Floats
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig
from components.tasks.prompt import Prompter
from components.tasks.task import Exemplar, Item, Task, TaskForm
from components.text.tokenizer import decode_ids
from tests.tiny import make_tokenizer

FORM = TaskForm("keys", ChatPromptConfig(cot="{{ question }}"), DocumentPromptConfig(), {})
TOKENIZER = make_tokenizer()
SIZE = 12
Told = Callable[[list[int], int, str], Any]
"""What is made of the numbers of the questions shown, of the one asked, and of the answer that is weighed."""


def plant(size: int = SIZE) -> Task:
    pool = [Exemplar(f"what is number {n} here", f"The answer is {n + 100}.", f"Steps {n}.") for n in range(size)]
    return Task("keys", (Item("i0", "test", "what is number 3 here please", "103", FORM),), tuple(pool))


def embed_by_digits(texts: Sequence[str]) -> Floats:
    """A vector for each number that is named, whatever the words."""
    numbers = [int(found[0]) for text in texts if (found := re.findall(r"\d+", text))]
    return np.eye(200)[numbers] * (1.0 + np.array(numbers)[:, None])


def make_up(tell: Told, asked: list[Ask] | None = None, size: int = SIZE) -> ExemplarPool:
    """A pool whose model weighs, or says, what `tell` makes of a prompt."""

    def ask(asks: Sequence[Ask]) -> list[Reply]:
        replies = []
        for one in asks:
            assert isinstance(one, Say | Weigh)
            *shown, last = [int(n) for n in re.findall(r"number ?(\d+)", decode_ids(TOKENIZER, one.ids))]
            if asked is not None:
                asked.append(one)
            if isinstance(one, Weigh):
                replies.append(Reply(value=tell(shown, last, decode_ids(TOKENIZER, one.continuation))))
            else:
                replies.append(Reply(text=tell(shown, last, "")))
        return replies

    model = AskedModel(ask, Prompter(TOKENIZER, "documents", 1000), embed_by_digits)
    return ExemplarPool(plant(size), 7, model=model)


def test_what_is_weighed_is_the_questions_own_answer_behind_what_is_shown() -> None:
    seen: list[Any] = []

    def tell(shown: list[int], last: int, answer: str) -> float:
        seen.append((shown, last, answer))
        return -1.0

    pool = make_up(tell)
    assert weigh_answers(pool, [((4, 2), 9), ((), 0)], cot=False).tolist() == [-1.0, -1.0]
    assert seen == [([4, 2], 9, " 109."), ([], 0, " 100.")]  # the cue has said "The answer is" already


def test_a_trained_retriever_shows_what_the_model_is_helped_by() -> None:
    """Only questions three further on help: words do not tell, verdicts do."""
    pool = make_up(lambda shown, last, _: -0.1 if shown and (shown[0] - last) % SIZE == 3 else -5.0)
    cfg = EprSelection(kind="epr", recalled=SIZE, kept=1, steps=300, batch_size=12, learning_rate=0.05)
    choose = choose_by_trained_retriever(pool, cfg)
    for n in range(SIZE):
        item = Item(f"i{n}", "test", pool.questions[n], "", FORM)
        assert choose(item, 1) == [(n + 3) % SIZE]


def test_gain_finds_the_demonstrations_that_make_others_likelier() -> None:
    """Answers have probability 0.2, behind number 5 it is 0.8 and behind number 8 it is 0.5."""
    worth = {5: 0.8, 8: 0.5}
    asked: list[Ask] = []
    pool = make_up(lambda shown, *_: math.log(worth.get(shown[0], 0.2) if shown else 0.2), asked)
    choose = choose_by_gain(pool, LmGainSelection(kind="lm_gain", first=2, factor=2.0))
    assert choose(pool.like, 2) == [5, 8]
    # 12 by 2 questions, 6 by 2 more, 3 by 4 more, and each of the eight questions alone.
    assert len(asked) == 12 * 2 + 6 * 2 + 3 * 4 + 8


def test_the_policy_shows_the_one_that_pays_and_asks_none_about_itself() -> None:
    asked: list[Ask] = []
    cfg = BanditSelection(kind="bandit", reward_items=3, episodes=24)
    pays: list[int] = []

    def tell(shown: list[int], last: int, _: str) -> str:
        return f" {last + 100}." if set(shown) & set(pays) else " 7."

    pool = make_up(tell, asked)
    rewarded = pool.draw(SIZE, "bandit")[:3]
    pays.append(next(n for n in range(SIZE) if n not in rewarded))
    choose = choose_by_policy(pool, cfg)
    assert pays[0] in choose(pool.like, 2)
    assert not set(choose(pool.like, 2)) & set(rewarded)
    prompts = [[int(n) for n in re.findall(r"number ?(\d+)", decode_ids(TOKENIZER, one.ids))] for one in asked]  # type: ignore[union-attr]
    assert all(prompt[-1] in rewarded and not set(prompt[:-1]) & set(rewarded) for prompt in prompts)


def test_a_reward_set_that_leaves_too_few_to_show_is_refused() -> None:
    require_pool(plant(), BanditSelection(kind="bandit", reward_items=SIZE - 2), 2, "icl.selections.mine")
    with pytest.raises(ParamsError, match=r"icl.selections.mine.reward_items: 11 of the 12 .* 2 shots are asked for"):
        require_pool(plant(), BanditSelection(kind="bandit", reward_items=SIZE - 1), 2, "icl.selections.mine")


def test_auto_cot_shows_the_models_own_chains_one_of_each_group() -> None:
    """Right or wrong; but none that came to no answer, and none of too many steps."""

    def tell(shown: list[int], last: int, _: str) -> str:
        assert not shown
        chains = {0: "No idea", 1: "a. b. c. d. e. f. The answer is 5."}
        return chains.get(last, f"My steps. The answer is {last + 200}.")

    pool, choose = remake_by_clusters(make_up(tell), AutoCotSelection(kind="auto_cot"))
    chosen = choose(pool.like, 4)
    assert len(set(chosen)) == 4
    assert not {0, 1} & set(chosen)
    assert pool.exemplars[chosen[0]].cot == f"My steps. The answer is {chosen[0] + 200}."
    assert pool.exemplars[chosen[0]].answer_only == f"The answer is {chosen[0] + 200}."
    assert choose(pool.like, SIZE)[-2:] in ([0, 1], [1, 0])  # at last any


def test_bootstrapped_ones_are_those_that_the_model_solved_itself() -> None:
    solved = {2, 6, 9}

    def tell(shown: list[int], last: int, _: str) -> str:
        return f"I say so. The answer is {last + 100 if last in solved else 1}."

    pool, choose = remake_by_own_success(make_up(tell), BootstrappedSelection(kind="bootstrapped"))
    assert set(choose(pool.like, 3)) == solved
    own = [n for n in range(SIZE) if pool.exemplars[n].cot != f"Steps {n}."]
    assert set(own) == solved
    assert len(set(choose(pool.like, 5))) == 5


def test_the_nearest_by_hidden_states_is_what_the_model_takes_for_the_same() -> None:
    pool = make_up(lambda *_: 0.0)
    _, choose = open_selection(pool, KnnSelection(kind="knn", encoder="hidden_states"))
    assert choose(pool.like, 2) == [3, 0]


def pick(exemplars: Sequence[Exemplar], item: Item, count: int, seed: int, *, first: int) -> list[int]:
    """The user's own way to choose."""
    assert len(exemplars) == SIZE
    return list(range(first, first + count))


def test_a_callable_of_the_users_chooses_and_is_held_to_its_word() -> None:
    target = f"{__name__}:pick"
    pool = make_up(lambda *_: 0.0)
    choose = choose_externally(pool, ExternalSelection(kind="external", target=target, options={"first": 4}))
    assert choose(pool.like, 2) == [4, 5]
    with pytest.raises(ParamsError, match=r"gave \[4, .*, 12\] for i0, where 9 different places below 12"):
        choose(pool.like, 9)
    with pytest.raises(ParamsError, match=r"selection.target: 'nowhere:f' cannot be imported"):
        choose_externally(pool, ExternalSelection(kind="external", target="nowhere:f"))


def test_a_kind_that_asks_the_model_is_refused_where_there_is_none() -> None:
    with pytest.raises(ParamsError, match="this kind asks the model"):
        open_selection(ExemplarPool(plant(), 7), EprSelection(kind="epr"))
