"""From what a request says to token ids."""

import asyncio

import pytest

from components.serve.encoder import PromptEncoder
from components.serve.errors import RequestError
from components.serve.protocol import Prompt
from components.text.chat import render_chat
from components.text.tokenizer import encode_document_prompt
from tests.tiny import make_tokenizer

TOKENIZER = make_tokenizer()
CONTEXT = 8


def encode(prompt: Prompt) -> list[int]:
    encoder = PromptEncoder(TOKENIZER, CONTEXT)
    try:
        return asyncio.run(encoder.encode(prompt))
    finally:
        encoder.close()


def test_each_form_of_a_prompt_is_encoded_in_its_own_way() -> None:
    chat = [{"role": "user", "content": "Hi"}]
    assert encode("Tom has") == encode_document_prompt(TOKENIZER, "Tom has")
    assert encode(chat) == render_chat(TOKENIZER, chat)
    assert encode((3, 4)) == [3, 4]
    assert encode(()) == [TOKENIZER.eos_token_id]


def test_a_text_that_no_context_could_hold_is_refused_unread() -> None:
    longest = CONTEXT * max(map(len, TOKENIZER.get_vocab()))
    with pytest.raises(RequestError, match=f"{longest + 1} characters of text; .* at most {longest}") as caught:
        encode("x" * (longest + 1))
    assert caught.value.response.code == "context_length_exceeded"


def test_a_token_that_is_not_in_the_vocabulary_is_named() -> None:
    with pytest.raises(RequestError, match=f"token id {len(TOKENIZER)} is not in this model's vocabulary"):
        encode((3, len(TOKENIZER)))
