"""Our DPO loss and TRL's own, on the same pairs under the same two models."""

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from components.align.losses import dpo_loss
from components.align.pairs import pack_pairs
from components.datasets.preferences import Pair
from components.scoring.logprobs import gather_logprobs
from tests.tiny import make_model, make_tokenizer

BETA = 0.3


def draw_pairs(count: int = 4) -> list[Pair]:
    rng = torch.Generator().manual_seed(0)

    def draw(longest: int) -> list[int]:
        return torch.randint(5, 300, (int(torch.randint(1, longest, (), generator=rng)),), generator=rng).tolist()

    found = []
    for _ in range(count):
        prompt, chosen, rejected = draw(9), draw(7), draw(7)
        found.append(Pair("", "", "", len(prompt), prompt + chosen, prompt + rejected))
    return found


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # TRL asks for it
def test_loss_margin_and_gradient_are_those_of_trl(tmp_path: Path) -> None:
    tokenizer, pairs = make_tokenizer(), draw_pairs()
    policy, reference = make_model(tokenizer, seed=1), make_model(tokenizer, seed=2)
    texts = pack_pairs(pairs, pad_token_id=tokenizer.pad_token_id)

    def score(model: torch.nn.Module) -> torch.Tensor:
        logits = model(input_ids=texts.ids_BT, logits_to_keep=texts.places_BA).logits
        return (gather_logprobs(logits, texts.targets_BA) * texts.mask_BA).sum(1)

    ours = dpo_loss(*score(policy).chunk(2), *score(reference).detach().chunk(2), beta=BETA, weight=1 / len(pairs))
    (our_grad,) = torch.autograd.grad(ours.loss, [policy.get_input_embeddings().weight])

    rows = [
        {"prompt_ids": p.chosen_ids[: p.prompt_tokens], "chosen_ids": p.chosen_ids[p.prompt_tokens :],
         "rejected_ids": p.rejected_ids[p.prompt_tokens :]}
        for p in pairs
    ]  # fmt: skip
    options: dict[str, Any] = {"use_cpu": True, "bf16": False, "report_to": [], "activation_checkpointing": False}
    unused = Dataset.from_list([{"prompt": "What is 2 + 3?", "chosen": " 5", "rejected": " 6"}])
    trainer = DPOTrainer(
        model=policy,
        ref_model=reference,
        args=DPOConfig(str(tmp_path), beta=BETA, **options),
        train_dataset=unused,
        processing_class=tokenizer,
    )
    theirs = trainer.compute_loss(trainer.model, trainer.data_collator(rows))
    (their_grad,) = torch.autograd.grad(theirs, [policy.get_input_embeddings().weight])

    assert float(ours.loss.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)
    assert float(ours.margin.detach()) == pytest.approx(trainer._metrics["eval"]["rewards/margins"][0], rel=1e-4)
    assert float(ours.accuracy) == trainer._metrics["eval"]["rewards/accuracies"][0]
    torch.testing.assert_close(our_grad, their_grad, atol=1e-5, rtol=1e-3)
