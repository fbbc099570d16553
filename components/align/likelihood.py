"""A causal model that answers with the likelihood of responses, and never with all of its logits.

Shapes: B sequences, T tokens, A response tokens, C width, V vocabulary.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from components.scoring.logprobs import score_states


class Likelihood(NamedTuple):
    """What is asked of a policy; the hidden states are those that its head reads."""

    logprobs_BA: Tensor
    """ln p of each response token, in nats."""
    entropy_BA: Tensor
    """Entropy of the distribution that it was chosen from, in nats; without gradients."""
    states_BAC: Tensor


class ResponseLikelihood(nn.Module):
    """Wraps a model so that the head is applied inside its own forward pass, to a few positions at a time.

    There the weights of a sharded model are whole, and gradients begin at its outputs. A model that does more to its
    logits than its head does (a cap, a scale) is asked for those of all response tokens.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self._head_is_all: bool | None = None

    def forward(self, ids_BT: Tensor, places_BA: Tensor, targets_BA: Tensor, prefix_BT: Tensor | None) -> Likelihood:
        """Read texts [B, T]; targets are predicted at `places_BA`. Prompts are read as the generator read them."""
        head: nn.Module = find_causal_model(self.model).get_output_embeddings()
        found: list[Tensor] = []

        def keep(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
            found.append(given[0])
            return None if self._head_is_all is False else (given[0][:, -1:].detach(), *given[1:])

        prefix = {} if prefix_BT is None else {"prefix_mask": prefix_BT}
        handle = head.register_forward_pre_hook(keep)
        try:
            logits_BAV = self.model(input_ids=ids_BT, use_cache=False, logits_to_keep=places_BA, **prefix).logits
        finally:
            handle.remove()
        (states_BAC,) = found
        if self._head_is_all is None:
            # Equal to the bit where the head is all there is: the same product of the same numbers.
            self._head_is_all = torch.equal(logits_BAV, head.forward(states_BAC[:, -1:].detach()))
            if not self._head_is_all:
                return self.forward(ids_BT, places_BA, targets_BA, prefix_BT)
        vocabulary, read = logits_BAV.shape[-1], head if self._head_is_all else nn.Identity()
        scored_BA2 = score_states(
            read, states_BAC if self._head_is_all else logits_BAV, targets_BA, vocabulary=vocabulary
        )
        # FSDP wants no view returned.
        return Likelihood(scored_BA2[..., 0].clone(), scored_BA2[..., 1].detach().clone(), states_BAC)


def find_causal_model(model: nn.Module) -> PreTrainedModel:
    """The language model under an adapter, or the model itself."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model  # type: ignore[operator]
