"""What one foreign architecture says of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from transformers import PreTrainedConfig, PreTrainedModel

from components.model.families import OntogenyDecoderConfig

State = dict[str, Tensor]


@dataclass(frozen=True)
class Form:
    """One transformers architecture and the way there and back.

    `read` gives None where the foreign configuration says something that our options do not.
    """

    model_class: type[PreTrainedModel]
    fits: Callable[[OntogenyDecoderConfig], bool]
    describe: Callable[[OntogenyDecoderConfig], PreTrainedConfig]
    read: Callable[[Any], OntogenyDecoderConfig | None]
    export_state: Callable[[State, OntogenyDecoderConfig], State]
    import_state: Callable[[State, OntogenyDecoderConfig], State]


EVERYWHERE = (
    *("pad_token_id", "bos_token_id", "eos_token_id", "tie_word_embeddings"),
    *("tokenizer_sha256", "prompt_form"),
)
"""Fields that every configuration has under the same name: special tokens, whose tokenizer it is, how it is asked."""


def copy_names(config: PreTrainedConfig, *more: str) -> dict[str, Any]:
    """Fields with the same name on both sides, where they are set: those of every configuration, and some more."""
    names = (*EVERYWHERE, *more)
    return {name: getattr(config, name) for name in names if getattr(config, name, None) is not None}


def rename(state: State, names: dict[str, str]) -> State:
    """Tensors under new names; those that `names` does not mention are left out."""
    return {new: state[old] for old, new in names.items() if old in state}


def invert(names: dict[str, str]) -> dict[str, str]:
    """The way back."""
    return {new: old for old, new in names.items()}
