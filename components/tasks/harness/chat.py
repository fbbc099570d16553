"""A tokenizer's chat template, applied as lm-eval's HF backend applies it."""

from typing import TYPE_CHECKING

from jinja2 import TemplateError

from components.tasks.harness.context import ChatTemplate, Messages

if TYPE_CHECKING:  # a page without conversations is read without the weight of transformers
    from transformers import PreTrainedTokenizerFast


def make_chat_template(tokenizer: "PreTrainedTokenizerFast") -> ChatTemplate:
    """Turns to text; an answer that was begun is left open, and a template without system turns is asked without."""

    def apply(messages: Messages, *, add_generation_prompt: bool = True) -> str:
        def write(turns: Messages) -> str:
            return str(
                tokenizer.apply_chat_template(
                    turns,
                    tokenize=False,
                    add_generation_prompt=add_generation_prompt,
                    continue_final_message=not add_generation_prompt,
                )
            )

        try:
            return write(messages)
        except TemplateError:
            return write([message for message in messages if message["role"] != "system"])

    return apply
