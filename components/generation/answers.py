"""What a model said, as its reader sees it."""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from components.generation.completion import Completion
from components.text.tokenizer import decode_answer


@dataclass(frozen=True)
class Answer:
    """What a model said: the text as its reader sees it, and the tokens it is made of."""

    text: str
    completion: Completion

    @property
    def finished(self) -> bool:
        """Whether it came to its end before its limit."""
        return self.completion.finish_reason == "stop"


def read_answers(tokenizer: PreTrainedTokenizerFast, completions: Sequence[Completion]) -> list[Answer]:
    """The texts of completions, in their order."""
    texts = [decode_answer(tokenizer, c.token_ids) if c.text is None else c.text for c in completions]
    return [Answer(text, completion) for text, completion in zip(texts, completions, strict=True)]
