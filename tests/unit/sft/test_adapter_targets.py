"""Where a low-rank adapter may sit."""

import pytest

from components.base.errors import ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.sft.adapters import require_targets
from components.sft.config import LoraSftConfig
from tests.stages.tiny_models import PARAMS
from tests.tiny import make_model, make_tokenizer

SECTION = read_yaml(PARAMS)["sft"] | {"kind": "lora", "rank": 2, "alpha": 4.0, "dropout": 0.0}


def ask_for(targets: list[str] | str) -> None:
    cfg: LoraSftConfig = validate(LoraSftConfig, SECTION | {"target_modules": targets}, where="sft")
    require_targets(cfg, make_model(make_tokenizer()))


def test_linear_layers_and_tables_take_an_adapter() -> None:
    ask_for(["q_proj", "down_proj", "embed_tokens"])
    ask_for("all-linear")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("lm_head", "is the output head"),
        ("query_proj", "is no layer of the model; these do: .*q_proj"),
        ("self_attn", "is a LlamaAttention, which takes no adapter"),
    ],
)
def test_another_target_is_refused_with_those_there_are(target: str, reason: str) -> None:
    with pytest.raises(ParamsError, match=f"sft.target_modules: '{target}' {reason}"):
        ask_for(["q_proj", target])
