"""Models of other classes than Llama, through the stages that a user runs."""

from pathlib import Path

import pytest

from components.base.errors import ArtifactError
from components.base.validation import validate
from components.generation.pool import LocalPool
from components.generation.probe import probe_model
from components.parallel.fsdp import allocate
from components.pretrain.build import make_start
from components.pretrain.config import PretrainedConfig
from components.runtime.folder import load_folder, save_model
from components.sft.dataset import build_examples
from components.sft.row_files import read_rows
from components.text.tokenizer import load_tokenizer
from pipelines.sft import run as run_sft
from tests.stages.test_pretrain import make_config as make_pretrain_config
from tests.stages.test_sft import tiny_config
from tests.stages.tiny_models import read_shared, write_tiny_model
from tests.tiny import write_tokens
from tests.unit.generation.tiny_families import build_tiny

CONTEXT = 512


def write_family(folder: Path, family: str) -> Path:
    """A random model of a family, with the tokenizer of the tiny Llama."""
    tokenizer = load_tokenizer(write_tiny_model(folder.parent / "llama"))
    bounds = dict.fromkeys(("max_position_embeddings", "n_positions", "max_seq_len"), CONTEXT)
    known = build_tiny(family).config.to_dict()
    model = build_tiny(family, vocab_size=400, **{name: value for name, value in bounds.items() if name in known})
    save_model(model, tokenizer, folder)
    return folder


@pytest.mark.filterwarnings("ignore")  # the library's own, about kernels that are not here
@pytest.mark.parametrize(("family", "packed"), [("mpt", False), ("gemma3_text", True)])
def test_a_tuning_run_takes_other_classes(
    family: str, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTER", "inprocess")
    monkeypatch.chdir(tmp_path)
    base, out = write_family(tmp_path / "pretrain" / "model", family).parent, tmp_path / "sft"
    out.mkdir()
    data = tiny_config().data.model_dump() | {"pretraining_share": 0.5}
    cfg = tiny_config(data=data, seq_len=192, training=tiny_config().training.model_dump() | {"epochs": 1.0})
    model, tokenizer = load_folder(base / "model")
    tokens = write_tokens(tokenizer, tmp_path / "tokens")
    examples = build_examples(cfg, read_shared(), LocalPool(model, tokenizer), tokens, tmp_path / "rows")
    assert probe_model(model).packed == packed
    assert ("position_ids" in next(read_rows(examples.train.file, 1))) == packed
    assert packed or examples.train.rows == 2 * (examples.counts.train_conversations or 0)
    metrics = run_sft(cfg, shared=read_shared(), pretrain=base, tokens=tokens, out=out).to_json()
    assert metrics["val_loss"] < metrics["val_loss_before"]


@pytest.mark.filterwarnings("ignore")
def test_a_class_that_cannot_be_run_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    folder = write_family(tmp_path / "model", "xlnet")
    section = {**make_pretrain_config(), "kind": "pretrained", "path": str(folder)}
    del section["model"]
    cfg: PretrainedConfig = validate(PretrainedConfig, section, where="pretrain")
    with pytest.raises(ArtifactError, match=r"pretrain\.path: .*XLNetLMHeadModel cannot be run here: .*not causal"):
        model, fill = make_start(cfg, load_tokenizer(folder), seed=1)
        allocate(model)
        fill()
