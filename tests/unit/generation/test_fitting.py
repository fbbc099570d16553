"""Questions that leave no room for an answer."""

from components.generation.fitting import answer_fitting, fits
from components.generation.pool import LocalPool
from components.generation.sampling import SamplingParams
from tests.tiny import make_model, make_tokenizer


def test_a_prompt_without_room_for_an_answer_gets_none_and_the_others_theirs_in_order() -> None:
    tokenizer = make_tokenizer()
    pool = LocalPool(make_model(tokenizer), tokenizer, max_length=20)
    prompts = [[5, 6], [7] * 16, [8] * 17, [9] * 40, [5, 7]]
    answers = answer_fitting(pool, prompts, SamplingParams(4), what="answers")
    assert [answer is not None for answer in answers] == [True, True, False, False, True]
    assert [fits(pool, prompt, 4) for prompt in prompts] == [True, True, False, False, True]
    alone = answer_fitting(pool, prompts[4:], SamplingParams(4), what="answers")
    last, only = answers[4], alone[0]
    assert last is not None and only is not None and last.completion.token_ids == only.completion.token_ids
