"""What both families tell the transformers library."""

import torch
from torch import nn
from transformers import PreTrainedModel

from components.model.families import OntogenyDecoderConfig
from components.model.initialisation import initialise


class OntogenyPreTrainedModel(PreTrainedModel):  # type: ignore[misc]
    """The base of both families."""

    config_class = OntogenyDecoderConfig
    base_model_prefix = "model"
    supports_gradient_checkpointing = True
    _no_split_modules = ["Block"]  # noqa: RUF012  # the library's own way to say it
    _supports_sdpa = True

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        initialise(module, self.config)
