"""Makes the run's tokenizer: trained here, or given and completed with what the later stages need."""

import json
import re
from datetime import date
from pathlib import Path
from typing import assert_never

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from components.base.errors import ArtifactError, DataError, ParamsError
from components.text.chat import CHAT_TEMPLATE, EOS, PAD, SPECIAL_TOKENS, encode_chat_example, render_chat
from components.text.ends import PROBE, find_begin_id
from components.text.sentinels import add_sentinels, name_sentinels
from components.text.templates_door import BEGINNING
from components.text.tokenizer import load_tokenizer, save_tokenizer, train_byte_bpe
from components.tokens.config import ByteBpeConfig, GivenTokenizerConfig, TokensConfig
from components.tokens.sample import sample_texts

ASKED_DAY = re.compile(r"""strftime_now\(\s*(["'])([^"']*)\1\s*\)""")
"""How a template asks for today's date, in a form of C's strftime."""


def build_tokenizer(cfg: TokensConfig, documents: Path, *, seed: int, out: Path) -> PreTrainedTokenizerFast:
    """Make the tokenizer, write it to `out`, and return what every later stage will read from there."""
    match cfg:
        case ByteBpeConfig():
            texts = sample_texts(documents, limit_bytes=cfg.training_bytes, seed=seed)
            merged = cfg.vocab_size - len(name_sentinels(cfg.sentinels))
            tokenizer = train_byte_bpe(texts, vocab_size=merged, pattern=cfg.pattern)
        case GivenTokenizerConfig():
            given = read_given(Path(cfg.path))
            tokenizer = complete_tokenizer(given, keep_template=cfg.chat_template == "keep")
            keep_one_day(tokenizer, cfg.today)
        case _:
            assert_never(cfg)
    add_sentinels(tokenizer, cfg.sentinels)
    save_tokenizer(tokenizer, out)
    return load_tokenizer(out)


def read_given(folder: Path) -> PreTrainedTokenizerFast:
    """Read the user's tokenizer folder; raises DataError that says what is missing from it."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such tokenizer folder")
    if (folder / "tokenizer.json").is_file():
        try:
            return load_tokenizer(folder)
        except ArtifactError as error:
            raise DataError(str(error)) from None
    vocab, merges = _find_one(folder, "*vocab.json"), _find_one(folder, "*merges.txt")
    try:
        backend = Tokenizer(models.BPE.from_file(str(vocab), str(merges)))
    except Exception as error:  # the Rust binding raises plain Exception
        raise DataError(f"{folder}: {vocab.name} and {merges.name} are not a byte-level BPE ({error})") from None
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend, clean_up_tokenization_spaces=False)


def _find_one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise DataError(f"{folder}: neither tokenizer.json nor exactly one {pattern} is there")
    return found[0]


def complete_tokenizer(tokenizer: PreTrainedTokenizerFast, *, keep_template: bool) -> PreTrainedTokenizerFast:
    """Add the end and padding tokens, the chat template and its role tokens, where they are absent.

    Padding gets a token of its own even where the end token did both: an end token that is masked away
    as padding is never learned. A tokenizer that begins every text with a token of its own begins conversations
    with it too. Raises DataError for a kept template in which the assistant's part cannot be found.
    """
    if tokenizer.eos_token is None:
        tokenizer.add_special_tokens({"eos_token": EOS})
    if tokenizer.pad_token in (None, tokenizer.eos_token):
        tokenizer.add_special_tokens({"pad_token": PAD})
    if tokenizer.chat_template and keep_template:
        _keep_one_template(tokenizer)
        _begin_chats(tokenizer)
        _require_learnable(tokenizer)
        return tokenizer
    roles = [token for token in SPECIAL_TOKENS if token not in (PAD, EOS)]
    tokenizer.add_special_tokens({"additional_special_tokens": roles}, replace_extra_special_tokens=False)
    tokenizer.chat_template = CHAT_TEMPLATE
    _begin_chats(tokenizer)
    return tokenizer


def _keep_one_template(tokenizer: PreTrainedTokenizerFast) -> None:
    """Of several named templates, the one that the library calls the default."""
    try:
        tokenizer.chat_template = tokenizer.get_chat_template()
    except ValueError as error:
        raise DataError(f"the given chat templates have no default ({str(error).splitlines()[0]})") from None


def keep_one_day(tokenizer: PreTrainedTokenizerFast, today: str) -> None:
    """Write one day into a template that asks for today's, where other programs will find it too.

    Raises DataError for a template that asks in a form which it computes.
    """
    try:
        day = date.fromisoformat(today)
    except ValueError as error:
        raise ParamsError(f"tokens.today: {today!r} is no day ({error})") from None
    template = str(tokenizer.chat_template)
    fixed = ASKED_DAY.sub(lambda asked: json.dumps(day.strftime(asked[2])), template)
    if "strftime_now(" in fixed:
        raise DataError("the given chat template asks for today's date in a form that it computes: write it out there")
    tokenizer.chat_template = fixed


def _begin_chats(tokenizer: PreTrainedTokenizerFast) -> None:
    """Write the beginning token into the template, where other programs will find it too, unless it is there."""
    begin = find_begin_id(tokenizer)
    if begin is not None and render_chat(tokenizer, PROBE[:1])[0] != begin:
        tokenizer.chat_template = BEGINNING + str(tokenizer.chat_template)


def _require_learnable(tokenizer: PreTrainedTokenizerFast) -> None:
    try:
        encode_chat_example(tokenizer, PROBE)
    except DataError as error:
        raise DataError(
            f"the given chat template cannot be learned from ({error}): set chat_template to 'replace', "
            "or mend the template"
        ) from None
