"""Prompts: turns for chat models, documents for a base model, and never longer than the context."""

from dataclasses import replace

import pytest
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from components.tasks.config import ChatPromptConfig, DocumentPromptConfig
from components.tasks.prompt import Prompt, Prompter, PromptForm
from components.tasks.task import Exemplar, Item, TaskForm
from components.text.tokenizer import decode_ids
from tests.tiny import make_tokenizer

SHOWN = (Exemplar("Q1?", "The answer is 1.", "0 + 1 = 1. The answer is 1."), Exemplar("Q2?", "Two.", "Worked two."))
FORM = TaskForm("t", ChatPromptConfig(), DocumentPromptConfig(), {})
ITEM = Item("t/0", "test", "Q3?", "3", FORM, exemplars=SHOWN)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return make_tokenizer()


def write(tokenizer: PreTrainedTokenizerFast, form: PromptForm, method: str, room: int = 500) -> Prompt:
    prompt = Prompter(tokenizer, form, room).write(
        ITEM, cot=method.endswith("cot"), shown=method.startswith("few_shot")
    )
    assert prompt is not None
    return prompt


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("zero_shot", "<|user|>Q3? Give only the answer.<|assistant|>"),
        ("zero_shot_cot", "<|user|>Q3? Think step by step.<|assistant|>"),
        (
            "few_shot",
            "<|user|>Q1? Give only the answer.<|assistant|>The answer is 1.<|endoftext|>"
            "<|user|>Q2? Give only the answer.<|assistant|>Two.<|endoftext|>"
            "<|user|>Q3? Give only the answer.<|assistant|>",
        ),
        (
            "few_shot_cot",
            "<|user|>Q1? Think step by step.<|assistant|>0 + 1 = 1. The answer is 1.<|endoftext|>"
            "<|user|>Q2? Think step by step.<|assistant|>Worked two.<|endoftext|>"
            "<|user|>Q3? Think step by step.<|assistant|>",
        ),
    ],
)
def test_chat_models_are_asked_in_turns(tokenizer: PreTrainedTokenizerFast, method: str, text: str) -> None:
    assert decode_ids(tokenizer, write(tokenizer, "chat", method).ids) == text


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("zero_shot", "Question: Q3?\nAnswer: The answer is"),
        ("zero_shot_cot", "Question: Q3?\nAnswer:"),
        (
            "few_shot",
            "Question: Q1?\nAnswer: The answer is 1.<|endoftext|>Question: Q2?\nAnswer: Two.<|endoftext|>"
            "Question: Q3?\nAnswer: The answer is",
        ),
        (
            "few_shot_cot",
            "Question: Q1?\nAnswer: 0 + 1 = 1. The answer is 1.<|endoftext|>"
            "Question: Q2?\nAnswer: Worked two.<|endoftext|>Question: Q3?\nAnswer:",
        ),
    ],
)
def test_a_base_model_continues_documents(tokenizer: PreTrainedTokenizerFast, method: str, text: str) -> None:
    prompt = write(tokenizer, "documents", method)
    assert decode_ids(tokenizer, prompt.ids) == text
    assert text.endswith("Answer:" + prompt.cue)


def test_exemplars_give_way_to_the_context_one_by_one(tokenizer: PreTrainedTokenizerFast) -> None:
    whole = write(tokenizer, "chat", "few_shot_cot")
    shorter = write(tokenizer, "chat", "few_shot_cot", room=len(whole.ids) - 1)
    assert (whole.shots, shorter.shots) == (2, 1)
    bare = write(tokenizer, "chat", "zero_shot_cot")
    assert write(tokenizer, "chat", "few_shot_cot", room=len(bare.ids)).ids == bare.ids


@pytest.mark.parametrize("cot", [False, True])
@pytest.mark.parametrize("shown", [False, True])
def test_a_question_longer_than_the_context_has_no_prompt(
    tokenizer: PreTrainedTokenizerFast, cot: bool, shown: bool
) -> None:
    assert Prompter(tokenizer, "chat", 3).write(ITEM, cot=cot, shown=shown) is None


def test_each_document_of_a_base_prompt_begins_as_documents_in_the_shards_do() -> None:
    beginning = make_tokenizer()
    beginning.add_special_tokens({"bos_token": "<s>"})
    habit = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", beginning.bos_token_id)])
    beginning.backend_tokenizer.post_processor = habit
    assert decode_ids(beginning, write(beginning, "documents", "few_shot").ids) == (
        "<s>Question: Q1?\nAnswer: The answer is 1.<|endoftext|><s>Question: Q2?\nAnswer: Two.<|endoftext|>"
        "<s>Question: Q3?\nAnswer: The answer is"
    )


def test_of_nearest_last_ones_the_farthest_give_way_first(tokenizer: PreTrainedTokenizerFast) -> None:
    item = replace(ITEM, nearest_last=True)
    whole = Prompter(tokenizer, "chat", 500).write(item, cot=False, shown=True)
    assert whole is not None
    shorter = Prompter(tokenizer, "chat", len(whole.ids) - 1).write(item, cot=False, shown=True)
    assert shorter is not None
    said = decode_ids(tokenizer, shorter.ids)
    assert "Q1?" not in said
    assert "Q2?" in said
