"""The two kinds of tokenizer, and what a given one is completed with."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from components.base.errors import ArtifactError, DataError
from components.base.validation import validate
from components.text.chat import ASSISTANT, CHAT_TEMPLATE, EOS, PAD, encode_chat_example, render_chat
from components.text.tokenizer import (
    decode_ids,
    encode_text,
    hash_tokenizer,
    load_tokenizer,
    save_tokenizer,
    train_byte_bpe,
)
from components.tokens.build import build_tokenizer, complete_tokenizer, read_given
from components.tokens.config import TokensConfig
from components.tokens.sample import sample_texts

CHAT = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "you"}]
MARKED = (
    "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
    "{{ eos_token }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}"
)


def write_corpus(folder: Path, texts: list[str], files: int = 1) -> Path:
    folder.mkdir(parents=True)
    rows = [json.dumps({"text": text, "source": "s", "id": f"d{i}"}) for i, text in enumerate(texts)]
    for part in range(files):
        (folder / f"{part}.jsonl").write_text("\n".join(rows[part::files]) + "\n")
    return folder


def given_config(path: Path, chat_template: str = "keep") -> TokensConfig:
    data = {"kind": "given", "path": str(path), "chat_template": chat_template}
    config: TokensConfig = validate(
        TokensConfig, {**data, "shard_tokens": 100, "min_lossless_share": 1.0}, where="tokens"
    )
    return config


@pytest.fixture
def bare() -> PreTrainedTokenizerFast:
    """A byte-level BPE as others make them: no padding, no roles, no template."""
    ours = train_byte_bpe(["hello you"] * 3, vocab_size=261, pattern=r"\S+|\s+")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=ours.backend_tokenizer, eos_token=EOS)
    assert tokenizer.chat_template is None
    return tokenizer


def test_a_byte_bpe_is_trained_saved_and_what_is_returned_is_what_was_saved(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "train", ["some apples and more apples"] * 5)
    settings: dict[str, Any] = {"kind": "byte_bpe", "vocab_size": 270, "pattern": r"\w+|\W+"}
    settings |= {"training_bytes": 10**6, "shard_tokens": 100, "min_lossless_share": 1.0}
    cfg: TokensConfig = validate(TokensConfig, settings, where="tokens")
    tokenizer = build_tokenizer(cfg, corpus, seed=0, out=tmp_path / "out")
    assert len(tokenizer) == 270
    assert len(encode_text(tokenizer, "apples")) < len("apples")
    assert hash_tokenizer(load_tokenizer(tmp_path / "out")) == hash_tokenizer(tokenizer)


def test_a_given_folder_gets_what_it_lacks(tmp_path: Path, bare: PreTrainedTokenizerFast) -> None:
    save_tokenizer(bare, tmp_path / "given")
    tokenizer = build_tokenizer(given_config(tmp_path / "given"), tmp_path, seed=0, out=tmp_path / "out")
    assert (tokenizer.eos_token, tokenizer.pad_token, tokenizer.chat_template) == (EOS, PAD, CHAT_TEMPLATE)
    assert render_chat(tokenizer, CHAT[:1])[-1] == tokenizer.convert_tokens_to_ids(ASSISTANT)
    ids, mask = encode_chat_example(tokenizer, CHAT)
    assert decode_ids(tokenizer, [i for i, on in zip(ids, mask, strict=True) if on]) == f"you{EOS}"


def test_padding_is_never_the_end_token(bare: PreTrainedTokenizerFast) -> None:
    bare.pad_token = EOS
    tokenizer = complete_tokenizer(bare, keep_template=False)
    assert tokenizer.pad_token_id != tokenizer.eos_token_id


def test_a_template_that_marks_the_assistant_is_kept_or_replaced_as_asked(bare: PreTrainedTokenizerFast) -> None:
    bare.chat_template = MARKED
    assert complete_tokenizer(bare, keep_template=True).chat_template == MARKED
    ids, mask = encode_chat_example(bare, CHAT)
    assert decode_ids(bare, ids) == f"[user]hi[assistant]you{EOS}"
    assert sum(mask) == len(encode_text(bare, "you")) + 1
    assert complete_tokenizer(bare, keep_template=False).chat_template == CHAT_TEMPLATE


def test_a_template_that_ends_no_turn_is_refused_with_the_way_out(bare: PreTrainedTokenizerFast) -> None:
    bare.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    with pytest.raises(DataError, match=r"no end token after what the assistant says.*set chat_template to 'replace'"):
        complete_tokenizer(bare, keep_template=True)


def test_special_tokens_that_a_tokenizer_brings_are_kept(bare: PreTrainedTokenizerFast) -> None:
    bare.add_special_tokens({"additional_special_tokens": ["<|tool|>"]})
    tokenizer = complete_tokenizer(bare, keep_template=True)
    assert {"<|tool|>", ASSISTANT} <= set(tokenizer.all_special_tokens)


def test_a_given_path_that_holds_no_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such tokenizer folder"):
        read_given(tmp_path / "none")
    with pytest.raises(DataError, match=r"neither tokenizer\.json nor exactly one \*vocab\.json"):
        read_given(tmp_path)
    (tmp_path / "vocab.json").write_text("{")
    (tmp_path / "merges.txt").write_text("")
    with pytest.raises(DataError, match="are not a byte-level BPE"):
        read_given(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(DataError, match="not a readable tokenizer"):
        read_given(tmp_path)


def test_the_training_sample_is_even_and_independent_of_files(tmp_path: Path) -> None:
    texts = [f"document {i} " + "x" * 100 for i in range(400)]
    one, many = write_corpus(tmp_path / "a", texts), write_corpus(tmp_path / "b", texts, files=7)
    limit = sum(f.stat().st_size for f in one.iterdir()) // 4
    sample = set(sample_texts(one, limit_bytes=limit, seed=0))
    assert 60 < len(sample) < 140
    assert sample == set(sample_texts(many, limit_bytes=limit, seed=0))
    assert sample != set(sample_texts(one, limit_bytes=limit, seed=1))
    assert list(sample_texts(one, limit_bytes=10**9, seed=0)) == texts


def test_a_broken_document_names_file_and_line(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "a", ["fine"])
    with (corpus / "0.jsonl").open("a") as file:
        file.write('{"text": "no source"}\n')
    with pytest.raises(ArtifactError, match=r"0\.jsonl:2: field 'source' is missing"):
        list(sample_texts(corpus, limit_bytes=10**9, seed=0))


def test_gpt2_files_become_a_complete_tokenizer(tmp_path: Path) -> None:
    folder = Path(os.environ.get("ONTOGENY_DATA", "")) / "gpt2_tokenizer"
    if not os.environ.get("ONTOGENY_DATA") or not folder.is_dir():
        pytest.skip("ONTOGENY_DATA names no folder with gpt2_tokenizer")
    tokenizer = build_tokenizer(given_config(folder), tmp_path, seed=0, out=tmp_path / "out")
    # GPT-2's own end token, and four tokens of ours after its 50,257
    assert (tokenizer.eos_token_id, len(tokenizer)) == (50256, 50261)
    assert encode_text(tokenizer, "Hello world") == [15496, 995]
    text = "naïve \x00 <|endoftext|> 😀\n 2024"
    assert decode_ids(tokenizer, encode_text(tokenizer, text)) == text
    assert 50256 not in encode_text(tokenizer, text)
    ids, mask = encode_chat_example(tokenizer, CHAT)
    assert decode_ids(tokenizer, [i for i, on in zip(ids, mask, strict=True) if on]) == f"you{EOS}"
