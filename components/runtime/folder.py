"""Model folders: the Hugging Face form in which models pass between stages, with the tokenizer inside.

config.json carries `tokenizer_sha256`, so a model never meets a tokenizer it was not trained with.
"""

from collections.abc import Mapping
from pathlib import Path

from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

from components.base.errors import ArtifactError, DivergenceError
from components.base.files import read_json
from components.model.capabilities import PromptForm
from components.model.config import Dtype
from components.model.hf_adapters.convert import READ_AS_OURS, export_model, import_model
from components.model.int8 import is_int8_folder, load_int8
from components.model.products import quicken
from components.model.registration import register_families
from components.parallel.device import find_device
from components.runtime.divergence import are_weights_finite
from components.text.ends import find_end_ids
from components.text.tokenizer import hash_tokenizer, load_tokenizer, require_same_tokenizer, save_tokenizer

DTYPES: Mapping[Dtype, str] = {"own": "auto", "float32": "float32", "bfloat16": "bfloat16"}


def save_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path, *, form: PromptForm = "chat"
) -> None:
    """Write weights (safetensors), config, generation config, tokenizer and chat template.

    `form` travels in the config: a model that has only read documents is not asked in turns.
    A model that is exactly a transformers architecture is written as that one, and read by anyone.
    Raises DivergenceError for weights that are not finite.
    """
    if not are_weights_finite(model):
        raise DivergenceError(f"{folder}: the model's weights hold NaN or infinity, so it is not written")
    logging.disable_progress_bar()  # the stage's own bar is enough
    stamp_tokenizer(model, tokenizer)
    model.config.prompt_form = form
    model = export_model(model)
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)


def stamp_tokenizer(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Record in the model's configs which tokenizer it speaks, and which tokens end what it says."""
    end_ids = find_end_ids(tokenizer, _declared_ends(model))
    model.config.tokenizer_sha256 = hash_tokenizer(tokenizer)
    model.config.eos_token_id = tokenizer.eos_token_id
    model.config.pad_token_id = tokenizer.pad_token_id
    model.generation_config = GenerationConfig(
        eos_token_id=end_ids[0] if len(end_ids) == 1 else end_ids,
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=getattr(model.config, "decoder_start_token_id", None),
        do_sample=False,
    )


def load_model(folder: Path, dtype: Dtype = "float32") -> PreTrainedModel:
    """Read a language model ready for inference: on this process's accelerator where it has one, in its dtype.

    Raises ArtifactError when it cannot be read.
    """
    require_folder(folder)
    if is_int8_folder(folder):
        return load_int8(folder).eval().to(find_device())
    config = read_json(folder / "config.json")
    found = _read(AutoModelForSeq2SeqLM if config.get("is_encoder_decoder") else AutoModelForCausalLM, folder, dtype)
    own = import_model(found) if found.config.model_type in READ_AS_OURS else None
    model = found if own is None else own
    attach_generation_config(model, folder)
    quicken(model)
    return model.eval().to(find_device())


def attach_generation_config(model: PreTrainedModel, folder: Path) -> None:
    """Tell a model what its folder says of how it generates."""
    if (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder)
        model.generation_config._from_model_config = False  # a file says so now, whoever made it
    else:
        # What the file says, not what the library would fill in: a class's default ends are no one's choice.
        ends = read_json(folder / "config.json").get("eos_token_id")
        model.generation_config = GenerationConfig(eos_token_id=ends, do_sample=False)


def load_folder(folder: Path, dtype: Dtype = "float32") -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Read a model and its tokenizer; refuses a tokenizer the model was not trained with."""
    model = load_model(folder, dtype)
    tokenizer = load_tokenizer(folder)
    join_tokenizer(model, tokenizer, folder)
    return model, tokenizer


def join_tokenizer(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, where: Path) -> None:
    """Check that a language model and a tokenizer belong together, and tell the model all that ends an answer."""
    check_tokenizer(model, tokenizer, where)
    model.generation_config.eos_token_id = find_end_ids(tokenizer, _declared_ends(model))


def _declared_ends(model: PreTrainedModel) -> list[int]:
    """End tokens that came with the model's files; a model that was just made has only its class's defaults."""
    generation = getattr(model, "generation_config", None)
    if generation is None or generation._from_model_config or generation.eos_token_id is None:
        return []
    ends = generation.eos_token_id
    return [ends] if isinstance(ends, int) else [int(token) for token in ends]


def load_reward_model(folder: Path, dtype: Dtype = "float32") -> PreTrainedModel:
    """Read a scalar reward model (one label on the last token)."""
    require_folder(folder)
    return _read(AutoModelForSequenceClassification, folder, dtype).eval().to(find_device())


def check_tokenizer(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, where: Path) -> None:
    """Raises ArtifactError if the model's config names another tokenizer, or none of its rows would fit."""
    recorded = getattr(model.config, "tokenizer_sha256", None)
    if recorded is not None:
        require_same_tokenizer(recorded, hash_tokenizer(tokenizer), str(where))
    if len(tokenizer) > model.config.vocab_size:
        raise ArtifactError(
            f"{where}: the tokenizer has {len(tokenizer)} entries, the model only {model.config.vocab_size}"
        )


def require_folder(folder: Path) -> None:
    """Raises ArtifactError if there is no model here."""
    if not (folder / "config.json").is_file():
        raise ArtifactError(f"{folder}: no model here (config.json is missing)")
    if not isinstance(read_json(folder / "config.json"), dict):
        raise ArtifactError(f"{folder / 'config.json'}: not a JSON object")


def _read(auto: type, folder: Path, dtype: Dtype) -> PreTrainedModel:
    logging.disable_progress_bar()
    register_families()
    try:
        config = AutoConfig.from_pretrained(folder)
        model: PreTrainedModel
        model, found = auto.from_pretrained(  # type: ignore[attr-defined]
            folder, config=config, dtype=DTYPES[dtype], local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # safetensors raises its own types for truncated and damaged files
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ArtifactError(f"{folder}: the model cannot be read: {reason}") from None
    if missing := sorted(found["missing_keys"]):
        # The library would draw them at random and go on.
        raise ArtifactError(
            f"{folder}: its weights lack {len(missing)} that its config.json asks for, {missing[0]} the first"
        )
    return model
