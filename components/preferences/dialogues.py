r"""Dialogues as one text, "\n\nHuman: … \n\nAssistant: …" (hh-rlhf, Bai et al. 2022)."""

import re

from components.base.errors import DataError
from components.datasets.messages import Messages

_SPEAKER = re.compile(r"(?:^\s*|\n\n)(Human|Assistant): ?")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def is_dialogue(text: str) -> bool:
    """Whether a text is a dialogue and not a text that mentions one: a human begins, an assistant follows."""
    return text.startswith("\n\nHuman:") or (text.lstrip().startswith("Human:") and "\n\nAssistant:" in text)


def parse_dialogue(text: str, where: str) -> Messages:
    """The messages of a dialogue; raises DataError when it is none."""
    before, *parts = _SPEAKER.split(text)
    if not parts or before.strip():
        raise DataError(f'{where}: not a dialogue that begins with "Human:"')
    return [
        {"role": _ROLES[speaker], "content": said.strip()}
        for speaker, said in zip(parts[::2], parts[1::2], strict=True)
    ]
