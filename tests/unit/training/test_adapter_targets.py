"""Where a low-rank adapter may sit."""

import pytest
from peft import LoraConfig, get_peft_model

from components.base.errors import ParamsError
from components.training.adapter_targets import require_targets
from tests.tiny import make_model, make_tokenizer


def ask_for(targets: list[str] | str) -> None:
    require_targets("sft", make_model(make_tokenizer()), targets)


# peft warns of a tied table, which the stage unties, and of a name of transformers that will go.
@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings:UserWarning", "ignore:.*checkpointing:FutureWarning")
@pytest.mark.parametrize(
    ("targets", "adapted"),
    [
        (["q_proj", "down_proj", "embed_tokens"], {"q_proj", "down_proj", "embed_tokens"}),
        ("all-linear", {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}),
    ],
)
def test_what_passes_is_what_peft_adapts(targets: list[str] | str, adapted: set[str]) -> None:
    ask_for(targets)
    model = get_peft_model(make_model(make_tokenizer()), LoraConfig(r=2, target_modules=targets))
    places = [name.split(".lora_")[0] for name, _ in model.named_parameters() if ".lora_" in name]
    assert {place.rpartition(".")[2] for place in places} == adapted


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
