"""Stage tokens alone, on a local Ray."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers.processors import TemplateProcessing

from components.base.errors import ArtifactError, DataError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.runtime.session import ray_session
from components.shards.reader import ShardSet
from components.tasks.config import SharedConfig
from components.text.chat import render_chat
from components.text.tokenizer import decode_ids, hash_tokenizer, load_tokenizer, save_tokenizer
from components.tokens.config import TokensConfig
from pipelines.tokens import run
from tests.tiny import make_tokenizer

PARAMS = read_yaml(Path(__file__).resolve().parents[2] / "params.yaml")
SHARED: SharedConfig = validate(SharedConfig, PARAMS["shared"], where="shared")
STORIES = [f"Anna has {i} apples and buys {i + 3} more.\n{i} + {i + 3} = {2 * i + 3}. <|user|>" for i in range(60)]


def make_config(**changes: object) -> TokensConfig:
    config: TokensConfig = validate(TokensConfig, {**PARAMS["tokens"], **changes}, where="tokens")
    return config


def write_corpus(folder: Path, *, files: int) -> Path:
    for split, texts in (("train", STORIES[:50]), ("validation", STORIES[50:])):
        (folder / "documents" / split).mkdir(parents=True)
        size = -(-len(texts) // files)
        for part in range(files):
            rows = [
                json.dumps({"text": text, "source": f"source_{i % 2}", "id": f"{part}-{i}"})
                for i, text in enumerate(texts[part * size : (part + 1) * size])
            ]
            (folder / "documents" / split / f"{part:03d}.jsonl").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module", autouse=True)
def ray_of_this_file() -> Iterator[None]:
    with ray_session():
        yield


@pytest.mark.ray
def test_documents_become_shards_that_decode_to_the_documents(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", files=3)
    cfg = make_config(sentinels=0, vocab_size=290, shard_tokens=400)
    metrics = run(cfg, shared=SHARED, corpus=corpus, out=tmp_path / "out")

    tokenizer = load_tokenizer(tmp_path / "out" / "tokenizer")
    train, validation = ShardSet(tmp_path / "out", "train"), ShardSet(tmp_path / "out", "validation")
    for shards, texts in ((train, STORIES[:50]), (validation, STORIES[50:])):
        stream = shards.read(0, shards.total_tokens).tolist()
        assert decode_ids(tokenizer, stream) == "".join(f"{text}<|endoftext|>" for text in texts)
        assert stream.count(tokenizer.eos_token_id) == len(texts)
        assert shards.tokenizer_sha256 == hash_tokenizer(tokenizer)
    assert len(train.paths) > 1
    assert metrics.vocab_size == len(tokenizer) == 290
    assert (metrics.train_tokens, metrics.validation_tokens) == (train.total_tokens, validation.total_tokens)
    assert metrics.validation_bytes == validation.total_bytes == sum(len(t.encode()) for t in STORIES[50:])
    assert set(metrics.fertility) == {"source_0", "source_1"}
    assert metrics.lossless_share == 1.0


@pytest.mark.ray
def test_the_stream_does_not_depend_on_how_the_corpus_is_cut_into_files(tmp_path: Path) -> None:
    streams = []
    for files in (1, 5):
        corpus = write_corpus(tmp_path / f"corpus{files}", files=files)
        run(make_config(sentinels=0, vocab_size=300), shared=SHARED, corpus=corpus, out=tmp_path / f"out{files}")
        shards = ShardSet(tmp_path / f"out{files}", "train")
        streams.append((shards.tokenizer_sha256, shards.read(0, shards.total_tokens).tolist()))
    assert streams[0] == streams[1]


@pytest.mark.ray
def test_a_broken_or_missing_corpus_is_refused_in_one_line(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", files=1)
    broken = corpus / "documents" / "validation" / "000.jsonl"
    broken.write_text(broken.read_text()[:-20])
    with pytest.raises(ArtifactError, match=r"validation/000\.jsonl:10: the file ends in the middle") as caught:
        run(make_config(sentinels=0, vocab_size=300), shared=SHARED, corpus=corpus, out=tmp_path / "out")
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="no such file"):
        run(make_config(sentinels=0, vocab_size=300), shared=SHARED, corpus=tmp_path / "none", out=tmp_path / "out2")


@pytest.mark.ray
def test_documents_begin_with_the_token_that_a_given_tokenizer_begins_every_text_with(tmp_path: Path) -> None:
    given = make_tokenizer()
    given.add_special_tokens({"bos_token": "<s>"})
    habit = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", given.bos_token_id)])
    given.backend_tokenizer.post_processor = habit
    save_tokenizer(given, tmp_path / "given")
    settings = {"kind": "given", "path": str(tmp_path / "given"), "chat_template": "replace", "sentinels": 0}
    settings |= {"shard_tokens": 400, "min_lossless_share": 1.0}
    cfg: TokensConfig = validate(TokensConfig, settings, where="tokens")
    run(cfg, shared=SHARED, corpus=write_corpus(tmp_path / "corpus", files=2), out=tmp_path / "out")

    tokenizer, shards = load_tokenizer(tmp_path / "out" / "tokenizer"), ShardSet(tmp_path / "out", "validation")
    stream = decode_ids(tokenizer, shards.read(0, shards.total_tokens).tolist())
    assert stream == "".join(f"<s>{text}<|endoftext|>" for text in STORIES[50:])
    asked = render_chat(tokenizer, [{"role": "user", "content": "Hi"}])
    assert decode_ids(tokenizer, asked) == "<s><|user|>Hi<|assistant|>"
