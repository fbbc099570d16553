"""The encoder-decoder family, in the form of T5: a two-sided encoder, and a decoder that reads it by cross attention.

Shapes: B pairs, S source positions, T target positions, C width, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers import Cache, DynamicCache, EncoderDecoderCache, GenerationMixin
from transformers.modeling_outputs import Seq2SeqLMOutput
from transformers.utils import can_return_tuple

from components.model.families import OntogenyEncoderDecoderConfig
from components.model.loss import measure_loss
from components.model.masks import IGNORED
from components.model.outputs import EncoderDecoderOutput, EncoderOutput
from components.model.pretrained import OntogenyPreTrainedModel
from components.model.stack import Source, Stack


class Encoder(nn.Module):
    """Source tokens to hidden states; its embedding is the model's only one."""

    main_input_name = "input_ids"

    def __init__(self, config: OntogenyEncoderDecoderConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.stack = Stack(config, is_decoder=False)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        **_: Any,
    ) -> EncoderOutput:
        """Hidden states [B, S, C]."""
        x_BSC = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        found = self.stack(x_BSC, attention_mask=attention_mask)
        return EncoderOutput(last_hidden_state=found.hidden_BTC, router_losses=found.router_losses_2)


class OntogenyEncoderDecoderModel(OntogenyPreTrainedModel):
    """Encoder and decoder without a head."""

    config_class = OntogenyEncoderDecoderConfig

    def __init__(self, config: OntogenyEncoderDecoderConfig) -> None:
        super().__init__(config)
        self.encoder = Encoder(config)
        self.decoder = Stack(config, is_decoder=True, cross_attention=True)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """The table that both sides read."""
        return self.encoder.embed_tokens

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the table that both sides read."""
        self.encoder.set_submodule("embed_tokens", value)

    def get_encoder(self, *_: Any, **__: Any) -> nn.Module:
        """The encoder, as `generate` asks for it."""
        return self.encoder

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: Any | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        decoder_inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        **_: Any,
    ) -> EncoderDecoderOutput:
        """Hidden states of the decoder [B, T, C]; `encoder_outputs` saves running the encoder again."""
        if encoder_outputs is None:
            encoder_outputs = self.encoder(input_ids, attention_mask, inputs_embeds)
        if use_cache and past_key_values is None:
            past_key_values = EncoderDecoderCache(DynamicCache(config=self.config), DynamicCache(config=self.config))
        if decoder_inputs_embeds is None:
            decoder_inputs_embeds = self.encoder.embed_tokens(decoder_input_ids)
        found = self.decoder(
            decoder_inputs_embeds,
            attention_mask=decoder_attention_mask,
            cache=past_key_values,
            source=Source(encoder_outputs[0], attention_mask),
        )
        losses = [getattr(encoder_outputs, "router_losses", None), found.router_losses_2]
        known = [loss for loss in losses if loss is not None]
        return EncoderDecoderOutput(
            last_hidden_state=found.hidden_BTC,
            past_key_values=past_key_values,
            encoder_last_hidden_state=encoder_outputs[0],
            router_losses=torch.stack(known).sum(0) if known else None,
        )


class OntogenyEncoderDecoderForConditionalGeneration(OntogenyPreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """Encoder and decoder with a language-model head on the decoder."""

    config_class = OntogenyEncoderDecoderConfig
    _tied_weights_keys = {"lm_head.weight": "model.encoder.embed_tokens.weight"}  # noqa: RUF012

    def __init__(self, config: OntogenyEncoderDecoderConfig) -> None:
        super().__init__(config)
        self.model = OntogenyEncoderDecoderModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_encoder(self, *_: Any, **__: Any) -> nn.Module:
        """The encoder, as `generate` asks for it."""
        return self.model.encoder

    def prepare_decoder_input_ids_from_labels(self, labels: Tensor) -> Tensor:
        """Labels moved right by one behind the start token, as data collators ask for them."""
        start = self.config.decoder_start_token_id
        return pad(labels[:, :-1].masked_fill(labels[:, :-1] == IGNORED, self.config.pad_token_id), (1, 0), value=start)

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: Any | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        decoder_inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        num_items_in_batch: Tensor | int | None = None,
        skip_logits: bool = False,
        **_: Any,
    ) -> Seq2SeqLMOutput:
        """Logits [B, T, V], and with labels [B, T] the loss: mean nats a label, or the sum over `num_items_in_batch`.

        Labels are aligned with the logits; -100 asks for nothing. Without `decoder_input_ids` they are the labels
        moved right by one. `skip_logits` leaves the logits out and never stores them.
        """
        if labels is not None and decoder_input_ids is None and decoder_inputs_embeds is None:
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        found = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            decoder_input_ids=decoder_input_ids,
            decoder_attention_mask=decoder_attention_mask,
            encoder_outputs=encoder_outputs,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            decoder_inputs_embeds=decoder_inputs_embeds,
            use_cache=use_cache,
        )
        logits = None if skip_logits else self.lm_head(found.last_hidden_state)
        loss = None
        if labels is not None:
            loss = measure_loss(self, found.last_hidden_state, logits, labels, found.router_losses, num_items_in_batch)
        return Seq2SeqLMOutput(
            loss=loss,
            logits=logits,
            past_key_values=found.past_key_values,
            encoder_last_hidden_state=found.encoder_last_hidden_state,
        )
