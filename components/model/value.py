"""A value network: one number for every position, on the backbone of a scalar reward model.

Shapes: B sequences, T positions.
"""

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
