"""The decoder-only family: causal, or non-causal over a prefix; dense or with experts.

Shapes: B sequences, T positions, C width, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers import Cache, DynamicCache, GenerationMixin
from transformers.modeling_layers import GenericForSequenceClassification
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.modeling_utils import slice_logits_to_keep
from transformers.utils import can_return_tuple

from components.model.families import OntogenyDecoderConfig
from components.model.loss import measure_loss
from components.model.masks import IGNORED, find_prefix, find_segments
from components.model.outputs import DecoderOutput
from components.model.pretrained import OntogenyPreTrainedModel
from components.model.stack import Stack


class OntogenyDecoderModel(OntogenyPreTrainedModel):
    """Token embeddings and a stack of blocks."""

    def __init__(self, config: OntogenyDecoderConfig) -> None:
        super().__init__(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.stack = Stack(config, is_decoder=True)
        self.post_init()

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        prefix_mask: Tensor | None = None,
        **_: Any,
    ) -> DecoderOutput:
        """Hidden states [B, T, C]; `prefix_mask` [B, T] marks what a prefix decoder sees in both directions."""
        x_BTC = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache(config=self.config)
        found = self.stack(
            x_BTC,
            positions_BT=position_ids,
            attention_mask=attention_mask,
            prefix_BT=prefix_mask.bool() if prefix_mask is not None and self.config.prefix_attention else None,
            cache=past_key_values,
        )
        return DecoderOutput(
            last_hidden_state=found.hidden_BTC, past_key_values=past_key_values, router_losses=found.router_losses_2
        )


class OntogenyDecoderForCausalLM(OntogenyPreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """The decoder with a language-model head."""

    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}  # noqa: RUF012

    def __init__(self, config: OntogenyDecoderConfig) -> None:
        super().__init__(config)
        self.model = OntogenyDecoderModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        shift_labels: Tensor | None = None,
        use_cache: bool | None = None,
        prefix_mask: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        num_items_in_batch: Tensor | int | None = None,
        skip_logits: bool = False,
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """Logits [B, T, V], and with labels the loss: mean nats a label, or their sum over `num_items_in_batch`.

        `labels` [B, T] are aligned with `input_ids`, `shift_labels` with the logits; -100 asks for nothing. A prefix
        decoder whose `prefix_mask` is not given takes the tokens before each text's first label as its prefix.
        `skip_logits` leaves the logits out and never stores them.
        """
        if labels is not None and shift_labels is None:
            shift_labels = pad(labels[:, 1:], (0, 1), value=IGNORED)
        if self.config.prefix_attention and prefix_mask is None and shift_labels is not None:
            prefix_mask = _find_prefix_by_labels(shift_labels, labels, position_ids)
        found = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            prefix_mask=prefix_mask,
        )
        hidden_BTC, logits, loss = found.last_hidden_state, None, None
        if not skip_logits:
            logits = self.lm_head(slice_logits_to_keep(hidden_BTC, logits_to_keep))
        if shift_labels is not None:
            loss = measure_loss(self, hidden_BTC, logits, shift_labels, found.router_losses, num_items_in_batch)
        return CausalLMOutputWithPast(loss=loss, logits=logits, past_key_values=found.past_key_values)

    def prepare_inputs_for_generation(self, input_ids: Tensor, **kwargs: Any) -> dict[str, Any]:
        """The prompt is the prefix: it is read in both directions, once."""
        inputs: dict[str, Any] = super().prepare_inputs_for_generation(input_ids, **kwargs)
        cache = inputs.get("past_key_values")
        if self.config.prefix_attention and (cache is None or cache.get_seq_length() == 0):
            mask = inputs.get("attention_mask")
            inputs["prefix_mask"] = torch.ones_like(input_ids) if mask is None else mask
        return inputs


class OntogenyDecoderForSequenceClassification(GenericForSequenceClassification, OntogenyPreTrainedModel):  # type: ignore[misc]
    """The decoder with a head on the last token of each text: a reward model."""


def _find_prefix_by_labels(shift_labels_BT: Tensor, labels_BT: Tensor | None, position_ids: Tensor | None) -> Tensor:
    """Tokens before the first labelled one of each packed text."""
    if labels_BT is None:
        labels_BT = pad(shift_labels_BT[:, :-1], (1, 0), value=IGNORED)
    return find_prefix(labels_BT, None if position_ids is None else find_segments(position_ids))
