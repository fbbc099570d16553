"""A tool's results in an answer: written by the engine where the model calls, and found again in the text."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from components.base.errors import DataError
from components.generation.pool import LocalPool, generate_answers
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.generation.tool_calls import NO_TOOL, ToolForcer, build_forcer
from components.text.tokenizer import decode_ids, encode_text
from components.tools.config import CalculatorConfig, CallMarks, SearchConfig
from tests.tiny import make_model, make_tokenizer

TOKENIZER = make_tokenizer()
MODEL = make_model(TOKENIZER)
PROMPT = encode_text(TOKENIZER, "Tom has 12 bags of 7 apples.")
CALCULATOR = CalculatorConfig(kind="calculator")


def build(cfg: CalculatorConfig = CALCULATOR) -> ToolForcer:
    forcer = build_forcer(cfg, TOKENIZER)
    assert forcer is not None
    return forcer


class Dictate:
    """A model that begins its answer with a given text and then says what it likes."""

    def __init__(self, text: str) -> None:
        self.ids = encode_text(TOKENIZER, text)

    def __call__(self, logits_V: Tensor, token_ids: Sequence[int]) -> Tensor:
        if len(token_ids) >= len(self.ids):
            return logits_V
        return torch.full_like(logits_V, -1e9).index_fill(0, torch.tensor(self.ids[len(token_ids)]), 0.0)


@pytest.mark.parametrize(
    ("said", "result"),
    [("It is <<12 * 7=", "84>>"), ("<<1 / 3=", "0.333333>>"), ("<<2 - 5=", "-3>>"), ("<<(2 + 3) × 4=", "20>>")],
)
def test_the_engine_writes_the_result_of_a_call_and_the_model_goes_on(said: str, result: str) -> None:
    forcer = build()
    asked = GenerationRequest(
        PROMPT, SamplingParams(40, temperature=1.0, seed=3), logits_processors=(Dictate(said),), force_tokens=forcer
    )
    [found] = LocalPool(MODEL, TOKENIZER).complete([asked], what=None)
    text = decode_ids(TOKENIZER, found.token_ids)
    assert text.startswith(said + result) and len(found.token_ids) > len(encode_text(TOKENIZER, said + result))
    marks = forcer.find_forced(found.token_ids)
    forced = [token for token, is_forced in zip(found.token_ids, marks, strict=True) if is_forced]
    assert decode_ids(TOKENIZER, forced).startswith(result), "the model itself may call again"


@pytest.mark.parametrize("said", ["12 * 7=", "<<12 * x=", "<<1 / 0=", "<<12 * 7", "<<import os=", "<<9 ** 9="])
def test_what_is_no_call_is_answered_by_the_model_itself(said: str) -> None:
    assert not any(build().find_forced([*encode_text(TOKENIZER, said), *encode_text(TOKENIZER, "84>>")]))
    assert build()(encode_text(TOKENIZER, said)) == ()


def test_forced_tokens_have_the_log_probabilities_that_the_model_gives_them() -> None:
    """So that a rollout agrees with its trainer, which reads the same text."""
    sampling, said = SamplingParams(12, temperature=1.0, seed=1), Dictate("<<12 * 7=")
    asked = GenerationRequest(PROMPT, sampling, logits_processors=(said,), force_tokens=build())
    [found] = LocalPool(MODEL, TOKENIZER).complete([asked], what=None)
    with torch.no_grad():
        logits_TV = MODEL(input_ids=torch.tensor([[*PROMPT, *found.token_ids]])).logits[0, len(PROMPT) - 1 : -1]
    expected = logits_TV.log_softmax(-1).gather(1, torch.tensor(found.token_ids)[:, None])[:, 0]
    forced = torch.tensor(build().find_forced(found.token_ids))
    assert forced.any()
    torch.testing.assert_close(torch.tensor(found.logprobs)[forced], expected[forced], atol=1e-4, rtol=0)


def test_a_pool_with_a_tool_forces_in_all_that_is_asked_of_it() -> None:
    """Every token may end a call where the mark is one that the model often writes."""
    seen: list[str] = []

    def answer(asked: str) -> str:
        seen.append(asked)
        return "7"

    [free] = generate_answers(LocalPool(MODEL, TOKENIZER), [PROMPT], SamplingParams(8), what="free")
    marks = CallMarks(begin=free.text[0], result=free.text[2], end="!")
    pool = LocalPool(MODEL, TOKENIZER, force_tokens=ToolForcer(TOKENIZER, answer, marks))
    [called] = generate_answers(pool, [PROMPT], SamplingParams(8), what="called")
    assert seen and "7!" in called.text


def test_results_count_that_are_cut_into_other_tokens() -> None:
    """A text may join a mark with what follows it; tokens that go beyond the result are the model's."""
    ids = encode_text(TOKENIZER, "<<12 * 7=84>>. So")
    marks = build().find_forced(ids)
    spelled = decode_ids(TOKENIZER, [token for token, forced in zip(ids, marks, strict=True) if forced])
    assert "84>>".startswith(spelled) and spelled.startswith("84")


def test_marks_may_be_others() -> None:
    cfg = CalculatorConfig(kind="calculator", marks=CallMarks(begin="[", result=" -> ", end="]"))
    forcer = build_forcer(cfg, TOKENIZER)
    assert forcer is not None
    assert decode_ids(TOKENIZER, forcer(encode_text(TOKENIZER, "so [3 + 4 ->"))) == " 7]"


def test_without_a_tool_nothing_is_forced_and_missing_passages_are_named(tmp_path: object) -> None:
    assert build_forcer(NO_TOOL, TOKENIZER) is None
    with pytest.raises(DataError, match="nowhere"):
        build_forcer(SearchConfig(kind="search", path=f"{tmp_path}/nowhere.jsonl"), TOKENIZER)


def test_a_result_behind_a_space_has_the_tokens_of_a_plain_equation() -> None:
    forcer = build(CalculatorConfig(kind="calculator", marks=CallMarks(begin="<< ", result=" = ")))
    ids = encode_text(TOKENIZER, "<< 12 * 7 = 84>> So")
    begun = encode_text(TOKENIZER, "<< 12 * 7 =")
    assert [*begun, *forcer(begun)] == ids[: len(begun) + len(forcer(begun))]
    marks = forcer.find_forced(ids)
    assert decode_ids(TOKENIZER, [token for token, forced in zip(ids, marks, strict=True) if forced]) == " 84>>"
