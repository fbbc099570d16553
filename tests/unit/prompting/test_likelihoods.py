"""Multiple choice by likelihood."""

from dataclasses import replace

import pytest

from components.generation.pool import LocalPool
from components.model.capabilities import PromptForm
from components.prompting.likelihoods import choose_options, encode_option
from components.scoring.continuations import score_continuations
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig
from components.tasks.prompt import Prompt, delimit_answers
from components.tasks.score import Judge
from components.tasks.task import Item, TaskForm
from tests.tiny import make_model, make_tokenizer

FORM = TaskForm("t", ChatPromptConfig(), DocumentPromptConfig(), {}, by_likelihood=True)
ITEM = Item("t/0", "test", "How many?", "two", FORM, Judge((), options=("one", "two apples", "three and a half")))


@pytest.mark.parametrize("form", ["chat", "documents"])
def test_the_likeliest_option_for_its_length_is_chosen(form: PromptForm) -> None:
    tokenizer = make_tokenizer()
    pool = LocalPool(make_model(tokenizer), tokenizer)
    prompts = [Prompt(tuple(tokenizer("Ann has nuts.").input_ids), 0, ""), Prompt((5, 6, 7, 8), 0, "")]
    items = [ITEM, replace(ITEM, judge=Judge((), options=("yes", "no")))]
    chosen = choose_options(pool, list(zip(items, prompts, strict=True)), form)
    for item, prompt, option in zip(items, prompts, chosen, strict=True):
        ids = [encode_option(tokenizer, text, delimit_answers(form)) for text in item.judge.options]
        scores = [score_continuations(pool.model, [prompt.ids], [own])[0].logprob for own in ids]
        rates = [score / len(text) for score, text in zip(scores, item.judge.options, strict=True)]
        assert option == item.judge.options[rates.index(max(rates))]
