"""The one file that asks TRL how a public family's chat template is learned from."""

import copy

from transformers import PreTrainedTokenizerFast

BEGINNING = "{{- bos_token -}}"
"""What a run puts before a given template that does not write the beginning token itself."""


def find_training_template(tokenizer: PreTrainedTokenizerFast) -> str | None:
    """TRL's training variant of a template: it marks what the assistant says and rewrites no earlier turn.

    None for a template that TRL does not know to the letter.
    """
    from trl.chat_template_utils import get_training_chat_template

    published = copy.copy(tokenizer)  # both share what cuts text
    begins = str(tokenizer.chat_template).startswith(BEGINNING)
    published.chat_template = str(tokenizer.chat_template).removeprefix(BEGINNING)
    try:
        found: str | None = get_training_chat_template(published)
    except ValueError:
        return None
    return found if found is None or not begins else BEGINNING + found
