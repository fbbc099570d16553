"""The model that training starts from: random weights, or the user's folder."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, assert_never

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.errors import ArtifactError, DataError, ParamsError
from components.generation.probe import require_support
from components.model.build import Vocabulary, build_model, count_parameters, outline_model, require_causal
from components.model.capabilities import PromptForm, is_encoder_decoder
from components.model.decoder import OntogenyDecoderForCausalLM
from components.model.hf_adapters.convert import import_model
from components.parallel.fsdp import reshard
from components.pretrain.config import PretrainConfig, PretrainedConfig, ScratchConfig
from components.pretrain.drawing import draw_weights
from components.runtime.folder import load_model
from components.runtime.outline import Outline, outline_language_model
from components.text.chat import CHAT_TEMPLATE
from components.text.tokenizer import load_tokenizer

DRAWN_WHOLE = 4_000_000
"""Parameters up to which a network is drawn in one sequence of random numbers, and not module by module."""


class Start(NamedTuple):
    """A model in float32, with a row of the embedding for every token."""

    model: PreTrainedModel
    """On the CPU, or without weights yet."""
    fill: Callable[[], None]
    """To be called once the model is where it stays: gives it the weights that it lacks."""


def make_start(cfg: PretrainConfig, tokenizer: PreTrainedTokenizerFast, seed: int) -> Start:
    """The model before its first step; a large one has no weights before it is sharded."""
    match cfg:
        case ScratchConfig():
            vocabulary = Vocabulary(len(tokenizer), tokenizer.pad_token_id, tokenizer.eos_token_id)
            outline = outline_model(cfg.model, vocabulary)
            if count_parameters(outline) > DRAWN_WHOLE:
                return Start(outline, partial(_draw, outline, seed))
            return Start(build_model(cfg.model, vocabulary, seed), _nothing)
        case PretrainedConfig():
            return _begin_given(cfg, tokenizer)
        case _:
            assert_never(cfg)


def _draw(model: PreTrainedModel, seed: int) -> None:
    draw_weights(model, seed)
    require_causal(model)
    reshard(model)


def _nothing() -> None:
    """What is lacking where weights are there."""


def choose_form(cfg: PretrainConfig, tokenizer: PreTrainedTokenizerFast) -> PromptForm:
    """How the base model is asked: a given one that is taken as it is, in the turns of its own chat template if any."""
    as_it_is = isinstance(cfg, PretrainedConfig) and not cfg.training.total_tokens
    return "chat" if as_it_is and tokenizer.chat_template != CHAT_TEMPLATE else "documents"


def _begin_given(cfg: PretrainedConfig, tokenizer: PreTrainedTokenizerFast) -> Start:
    """The user's model; refuses one whose own tokenizer gives other ids than the corpus was written in."""
    folder = Path(cfg.path)
    if not folder.is_dir():
        raise DataError(f"pretrain.path: {folder}: no such model folder")
    outline = outline_language_model(folder, "float32", ours=False)
    _require_vocabulary(outline.model, tokenizer, folder)
    if cfg.convert_to == "prefix_decoder" or len(tokenizer) > outline.model.config.vocab_size:
        outline = Outline.whole(_change(load_model(folder), cfg, tokenizer))
    return Start(outline.model, partial(_fill_given, outline, cfg))


def _fill_given(outline: Outline, cfg: PretrainedConfig) -> None:
    """Its weights, and whether it can be trained and asked: a collective where it is sharded."""
    outline.fill()
    if is_encoder_decoder(outline.model.config):
        return
    support = require_support(outline.model, f"pretrain.path: {cfg.path}")
    reshard(outline.model)
    if cfg.training.separate_documents and cfg.training.total_tokens and not support.packed:
        raise ParamsError(
            f"pretrain.training.separate_documents: the model in {cfg.path} does not tell packed texts apart: "
            "set it to false"
        )


def _require_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    if (folder / "tokenizer.json").is_file():
        _require_same_ids(load_tokenizer(folder), tokenizer, folder)
    elif model.config.vocab_size > len(tokenizer):
        raise ArtifactError(
            f"{folder}: the model has {model.config.vocab_size} embeddings, the tokenizer {len(tokenizer)} entries: "
            "set tokens.kind to 'given' with this model's tokenizer"
        )


def _change(model: PreTrainedModel, cfg: PretrainedConfig, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """What can only be done to a whole model: more rows of the embedding, another class."""
    if len(tokenizer) > model.config.vocab_size:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    return _convert_to_prefix(model, cfg.path) if cfg.convert_to == "prefix_decoder" else model


def _convert_to_prefix(model: PreTrainedModel, path: str) -> PreTrainedModel:
    """The same weights as a prefix decoder: only the mask changes, training does the rest."""
    own = model if isinstance(model, OntogenyDecoderForCausalLM) else import_model(model)
    if own is None or is_encoder_decoder(own.config):
        raise ArtifactError(
            f"pretrain.convert_to: {path} is a {model.config.model_type}, which has no form as a prefix decoder: "
            "a Llama, GPT-2, BLOOM, Mixtral or a decoder of this project has"
        )
    if own.config.attention_kind != "full":
        raise ArtifactError(f"pretrain.convert_to: {path} has {own.config.attention_kind} attention, not full")
    own.config.prefix_attention = True
    converted = OntogenyDecoderForCausalLM(own.config)  # the stack reads its kind when it is built
    converted.load_state_dict(own.state_dict())
    converted.generation_config = model.generation_config
    return converted


def _require_same_ids(own: PreTrainedTokenizerFast, run: PreTrainedTokenizerFast, folder: Path) -> None:
    """The run's tokenizer may add special tokens, but must cut text into the very ids that the model knows."""
    if _read_rules(own) != _read_rules(run):
        raise ArtifactError(
            f"{folder}: its tokenizer is not that of the tokens artifact: "
            "set tokens.kind to 'given' and tokens.path to this folder"
        )


def _read_rules(tokenizer: PreTrainedTokenizerFast) -> object:
    """Vocabulary and merges, without the tokens added to them."""
    return json.loads(tokenizer.backend_tokenizer.to_str())["model"]
