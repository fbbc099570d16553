"""The one tokenizer: made once, saved in every model folder, compared by its hash everywhere."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from components.base.errors import ArtifactError, DataError, ParamsError
from components.base.files import read_json, write_json
from components.base.hashing import hash_data
from components.base.unicode import is_unicode
from components.text.chat import CHAT_TEMPLATE, EOS, PAD, SPECIAL_TOKENS
from components.text.ends import find_begin_id

BYTES = 256
SMALLEST_VOCAB = BYTES + len(SPECIAL_TOKENS)
UNLIMITED_LENGTH = int(1e30)
"""What transformers writes for "no limit"; the model's own context is the limit, checked where it is known."""


def train_byte_bpe(texts: Iterable[str], *, vocab_size: int, pattern: str) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE (Sennrich et al. 2016; bytes as in Radford et al. 2019).

    `pattern` cuts text into words before merging; whatever it does not match stays a word of its own,
    so any pattern is lossless. There is no normaliser, and all 256 bytes are in the vocabulary.
    """
    if vocab_size < SMALLEST_VOCAB:
        raise ParamsError(f"vocab_size: {vocab_size} is below {SMALLEST_VOCAB}: 256 bytes and the special tokens")
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = _byte_words(pattern)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return wrap_tokenizer(bpe, eos=EOS, chat_template=CHAT_TEMPLATE)


def _byte_words(pattern: str) -> pre_tokenizers.PreTokenizer:
    try:
        regex = Regex(pattern)
    except Exception as error:  # the Rust binding raises plain Exception
        raise ParamsError(f"pattern: {pattern!r} is not a regular expression ({error})") from None
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(regex, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def wrap_tokenizer(backend: Tokenizer, *, eos: str, chat_template: str) -> PreTrainedTokenizerFast:
    """Give a bare tokenizer its end, padding and role tokens and a chat template."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token=eos,
        pad_token=PAD,
        additional_special_tokens=[token for token in SPECIAL_TOKENS if token not in (PAD, EOS)],
        clean_up_tokenization_spaces=False,
        model_max_length=UNLIMITED_LENGTH,
    )
    tokenizer.chat_template = chat_template
    return tokenizer


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the tokenizer's files into a folder (a model's, or its own)."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(str(folder))
    # Transformers 5 writes its new name of the class; the old name is read by versions 4 and 5 alike.
    config = folder / "tokenizer_config.json"
    write_json(config, {**read_json(config), "tokenizer_class": "PreTrainedTokenizerFast"})


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Read a tokenizer folder; raises ArtifactError that names the folder when it is missing or broken."""
    if not (folder / "tokenizer.json").is_file():
        raise ArtifactError(f"{folder}: tokenizer.json is missing")
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # any library error here means one thing: the folder is not readable
        raise ArtifactError(f"{folder}: not a readable tokenizer ({_first_line(error)})") from None
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ArtifactError(f"{folder}: {type(tokenizer).__name__} has no tokenizer.json form")
    if isinstance(tokenizer.chat_template, dict):  # several by name; the library, too, takes the default by itself
        tokenizer.chat_template = tokenizer.chat_template.get("default", tokenizer.chat_template)
    return tokenizer


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copy a tokenizer folder as it is, so that its hash cannot change on the way."""
    load_tokenizer(source)
    shutil.copytree(source, target, dirs_exist_ok=True)


def hash_tokenizer(tokenizer: PreTrainedTokenizerFast) -> str:
    """Hex SHA-256 of all that decides token ids: vocabulary, merges, special tokens, rules, template."""
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    # Truncation and padding are switches of the last call, not part of what the tokenizer is.
    decisive = {key: value for key, value in backend.items() if key not in ("truncation", "padding")}
    roles = {"eos": tokenizer.eos_token, "pad": tokenizer.pad_token, "chat_template": tokenizer.chat_template}
    if tokenizer.bos_token is not None:
        roles["bos"] = tokenizer.bos_token
    return hash_data({"backend": decisive, **roles})


def require_same_tokenizer(expected_sha: str, found_sha: str, where: str) -> None:
    """Raise ArtifactError, one clear line, if `where` holds another tokenizer than the one expected."""
    if expected_sha != found_sha:
        raise ArtifactError(
            f"{where}: the tokenizer does not match: expected {expected_sha[:12]}, found {found_sha[:12]}"
        )


def encode_texts(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of plain texts: no end token is added, special-token text stays text."""
    if not all(is_unicode(text) for text in texts):
        raise DataError("the text holds a lone surrogate, so it is not Unicode and has no bytes")
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)
    return [list(ids) for ids in encoded["input_ids"]]


def encode_text(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    """Token ids of one plain text; see `encode_texts`."""
    return encode_texts(tokenizer, [text])[0]


def encode_document_prompt(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    """Token ids of a document that is to go on, begun as every document in the shards is."""
    begin = find_begin_id(tokenizer)
    return [*([] if begin is None else [begin]), *encode_text(tokenizer, text)]


def decode_ids(tokenizer: PreTrainedTokenizerFast, ids: Sequence[int]) -> str:
    """Text of token ids, special tokens written out: the inverse of `encode_text`."""
    return str(tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False))


def decode_answer(tokenizer: PreTrainedTokenizerFast, ids: Sequence[int]) -> str:
    """What a model says, as its reader sees it: without special tokens. All that is judged or served is this text."""
    return str(tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
