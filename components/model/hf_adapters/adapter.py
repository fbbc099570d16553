"""What one foreign architecture says of itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from transformers import PreTrainedConfig, PreTrainedModel

from components.model.families import OntogenyDecoderConfig, list_options

State = dict[str, Tensor]


SIZES = frozenset(
    {
        *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
        *("num_key_value_heads", "max_position_embeddings", "norm_eps", "tie_word_embeddings"),
    }
)
"""Fields that every adapter translates."""


@dataclass(frozen=True)
class StateDictAdapter:
    """One transformers architecture and the way there and back."""

    model_class: type[PreTrainedModel]
    requires: Mapping[str, object]
    """Choices that make one of our models this architecture, by field."""
    translates: frozenset[str]
    """Fields beside SIZES that `describe` writes down, whatever they are."""
    holds: Callable[[OntogenyDecoderConfig], bool]
    """What sizes must be to each other."""
    describe: Callable[[OntogenyDecoderConfig], PreTrainedConfig]
    read: Callable[[Any], OntogenyDecoderConfig | None]
    """None where the foreign configuration says something that our options do not."""
    export_state: Callable[[State, OntogenyDecoderConfig], State]
    import_state: Callable[[State, OntogenyDecoderConfig], State]
    """Both take a whole state, or a part of one in which each layer is whole: a large model goes layer by layer."""
    encoder_decoder: bool = False

    def matches(self, config: OntogenyDecoderConfig) -> bool:
        """Whether a model is exactly this architecture: any option that is not told here must not be in use."""
        return (
            bool(config.is_encoder_decoder) == self.encoder_decoder
            and all(
                value == self.requires.get(name, getattr(OntogenyDecoderConfig, name))
                for name, value in list_options(config).items()
                if name not in SIZES | self.translates
            )
            and self.holds(config)
        )


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
