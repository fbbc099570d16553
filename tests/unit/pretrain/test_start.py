"""The model that training starts from: drawn by the seed, or the user's, where it speaks the run's tokens."""

from pathlib import Path
from typing import Any

import pytest
import torch

from components.base.errors import ArtifactError, DataError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.parallel.fsdp import allocate
from components.pretrain.build import choose_form, make_start
from components.pretrain.config import PretrainedConfig, ScratchConfig
from components.runtime.folder import load_model
from components.text.chat import CHAT_TEMPLATE
from tests.tiny import make_tokenizer, write_model
from tests.trees import ROOT

TOKENIZER = make_tokenizer()
SECTION: dict[str, Any] = read_yaml(ROOT / "params.yaml")["pretrain"]


def configure(path: Path, **changed: Any) -> PretrainedConfig:
    section = {name: value for name, value in SECTION.items() if name != "model"}
    section |= {"kind": "pretrained", "path": str(path), **changed}
    cfg: PretrainedConfig = validate(PretrainedConfig, section, where="pretrain")
    return cfg


def test_random_weights_are_those_of_the_seed() -> None:
    model = SECTION["model"] | {"num_layers": 1, "hidden_size": 32, "num_heads": 2, "num_kv_heads": 2}
    cfg: ScratchConfig = validate(ScratchConfig, SECTION | {"model": model}, where="pretrain")
    first, again, other = (make_start(cfg, TOKENIZER, seed).model.state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
    assert make_start(cfg, TOKENIZER, 3).model.config.vocab_size == len(TOKENIZER)


def test_a_folder_of_the_users_comes_back_with_its_weights(tmp_path: Path) -> None:
    folder = write_model(TOKENIZER, tmp_path / "pretrain") / "model"
    model, fill = make_start(configure(folder), TOKENIZER, seed=0)
    allocate(model)
    fill()
    assert torch.equal(model.lm_head.weight, load_model(folder).lm_head.weight)
    assert model.config.model_type == "llama"
    assert model.get_input_embeddings().weight.shape[0] == len(TOKENIZER)


def test_a_model_of_another_tokenizer_is_refused_with_what_to_set(tmp_path: Path) -> None:
    folder = write_model(make_tokenizer(350), tmp_path / "pretrain") / "model"
    with pytest.raises(ArtifactError, match="its tokenizer is not that of the tokens artifact: set tokens"):
        make_start(configure(folder), TOKENIZER, seed=0)


def test_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^pretrain.path: .*absent: no such model folder"):
        make_start(configure(tmp_path / "absent"), TOKENIZER, seed=0)


def test_a_causal_model_becomes_a_prefix_decoder_with_the_same_weights(tmp_path: Path) -> None:
    folder = write_model(TOKENIZER, tmp_path / "pretrain") / "model"
    plain = load_model(folder)
    objective = SECTION["objective"] | {"kind": "prefix_lm"}
    changed = configure(folder, convert_to="prefix_decoder", objective=objective)
    converted = make_start(changed, TOKENIZER, 0).model.eval()
    assert converted.config.prefix_attention
    ids = torch.arange(5, 25)[None]
    with torch.no_grad():
        causal = converted(input_ids=ids, prefix_mask=torch.zeros_like(ids).bool()).logits
        assert torch.allclose(causal, plain(input_ids=ids).logits, atol=1e-5)
        both_ways = converted(input_ids=ids, prefix_mask=torch.ones_like(ids).bool()).logits
    assert not torch.allclose(both_ways, causal, atol=1e-3)


@pytest.mark.parametrize(
    ("trained_tokens", "template", "form"),
    [(0, "{{ messages }}", "chat"), (0, CHAT_TEMPLATE, "documents"), (1024, "{{ messages }}", "documents")],
)
def test_only_a_chat_model_that_is_taken_as_it_is_is_asked_in_its_turns(
    trained_tokens: int, template: str, form: str
) -> None:
    tokenizer = make_tokenizer()
    tokenizer.chat_template = template
    training = SECTION["training"] | {"total_tokens": trained_tokens}
    assert choose_form(configure(Path("given"), training=training), tokenizer) == form
