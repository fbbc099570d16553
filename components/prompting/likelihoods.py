"""Multiple choice by likelihood: the option that the model finds likeliest behind the prompt, for its length."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerFast

from components.generation.pool import Pool
from components.model.capabilities import PromptForm
from components.scoring.choices import choose
from components.scoring.continuations import score_continuations
from components.tasks.prompt import Prompt, delimit_answers
from components.tasks.task import Item
from components.text.tokenizer import encode_text


def encode_option(tokenizer: PreTrainedTokenizerFast, option: str, delimiter: str) -> list[int]:
    """An option as it goes on from a prompt, behind what stands between the two."""
    return encode_text(tokenizer, f"{delimiter}{option}")


def choose_options(pool: Pool, asked: Sequence[tuple[Item, Prompt]], form: PromptForm) -> list[str]:
    """The chosen option of each item; lengths are those of the texts in bytes, so that no tokenizer decides."""
    pairs = [(prompt, option) for item, prompt in asked for option in item.judge.options]
    continuations = [encode_option(pool.tokenizer, option, delimit_answers(form)) for _, option in pairs]
    scores = iter(pool.run(score_continuations, [prompt.ids for prompt, _ in pairs], continuations))
    chosen = []
    for item, _ in asked:
        options = item.judge.options
        own = [next(scores) for _ in options]
        chosen.append(options[choose(own, [len(option.encode()) for option in options])])
    return chosen
