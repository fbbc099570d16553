"""Values of states, one number for every position: a network of their own, or a head on another network's states.

Shapes: B sequences, T positions, C width.
"""

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel


class ValueModel(nn.Module):
    """The reward model's backbone and its scalar head, read at every position instead of the last."""

    def __init__(self, reward_model: PreTrainedModel) -> None:
        super().__init__()
        self.backbone = getattr(reward_model, reward_model.base_model_prefix)
        self.head = reward_model.score

    def forward(self, ids_BT: Tensor) -> Tensor:
        """Values [B, T] in float32; value t is that of the state after token t."""
        hidden_BTD = self.backbone(input_ids=ids_BT, use_cache=False).last_hidden_state
        values_BT: Tensor = self.head(hidden_BTD).float().sum(-1)  # over one entry; FSDP wants no view returned
        return values_BT


class ValueHead(nn.Module):
    """A linear function of hidden states that are given, and that it does not change: it begins at zero everywhere."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, hidden_BTC: Tensor) -> Tensor:
        """Values [B, T] in float32."""
        return hidden_BTC.detach().float() @ self.weight + self.bias
