"""The loss that any model is trained on, the cheapest way that it has (what is only measured goes through `scoring`).

Shapes: B sequences, T positions, V vocabulary.
"""

from typing import Any

from torch import Tensor

from components.model.loss import sum_token_loss
from components.model.masks import IGNORED
from components.model.pretrained import OntogenyPreTrainedModel


def sum_training_loss(model: Any, batch: dict[str, Tensor]) -> Tensor:
    """Sum of -ln p over a batch's targets in nats, and in training what the model's routers add.

    Our families never store the logits; a transformers architecture gives them, and `shift_labels` [B, T] are set
    against them here. `batch` holds the inputs, with targets in `shift_labels`, or for an encoder–decoder in `labels`.
    """
    if isinstance(model, OntogenyPreTrainedModel):
        total: Tensor = model(**batch, use_cache=False, num_items_in_batch=1, skip_logits=True).loss
        return total
    inputs = dict(batch)
    targets_BT = inputs.pop("shift_labels")
    found = model(**inputs, use_cache=False)
    loss = sum_token_loss(found.logits, targets_BT)
    balance = getattr(found, "aux_loss", None)
    if balance is not None and model.training:
        loss = loss + model.config.router_aux_loss_coef * balance * (targets_BT != IGNORED).sum()
    return loss
