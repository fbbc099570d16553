"""Where an adapter may sit is told before anything is trained."""

import pytest

from components.base.errors import ParamsError
from components.base.yaml import read_yaml
from components.sft.adapters import require_targets
from components.sft.config import FullSftConfig, LoraSftConfig
from tests.shapes import make_model
from tests.trees import ROOT

SECTION = read_yaml(ROOT / "params.yaml")["sft"]


def adapt(*targets: str) -> LoraSftConfig:
    own = {"kind": "lora", "rank": 2, "alpha": 4.0, "dropout": 0.0, "target_modules": list(targets)}
    return LoraSftConfig.model_validate(SECTION | own)


def test_every_weight_needs_no_target() -> None:
    require_targets(FullSftConfig.model_validate(SECTION), make_model())


def test_linear_layers_and_the_embedding_take_an_adapter() -> None:
    require_targets(adapt("qkv", "embed_tokens"), make_model())


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("q_proj", "no layer of the model; these do: down, embed_tokens, "),
        ("norm", "a RMSNorm, which takes no adapter"),
        ("lm_head", "the output head, which TRL multiplies with by itself"),
    ],
)
def test_any_other_target_is_refused_with_those_that_do(target: str, reason: str) -> None:
    with pytest.raises(ParamsError, match=rf"^sft.target_modules: '{target}' is {reason}"):
        require_targets(adapt("qkv", target), make_model())
