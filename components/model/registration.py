"""The two families under transformers' Auto classes."""

from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
)

from components.model.decoder import (
    OntogenyDecoderForCausalLM,
    OntogenyDecoderForSequenceClassification,
    OntogenyDecoderModel,
)
from components.model.encoder_decoder import OntogenyEncoderDecoderForConditionalGeneration, OntogenyEncoderDecoderModel
from components.model.families import OntogenyDecoderConfig, OntogenyEncoderDecoderConfig


def register_families() -> None:
    """Make `from_pretrained` and `from_config` of the Auto classes know both families; again is no error."""
    decoder, encoder_decoder = OntogenyDecoderConfig, OntogenyEncoderDecoderConfig
    for config in (decoder, encoder_decoder):
        AutoConfig.register(config.model_type, config, exist_ok=True)
    AutoModel.register(decoder, OntogenyDecoderModel, exist_ok=True)
    AutoModelForCausalLM.register(decoder, OntogenyDecoderForCausalLM, exist_ok=True)
    AutoModelForSequenceClassification.register(decoder, OntogenyDecoderForSequenceClassification, exist_ok=True)
    AutoModel.register(encoder_decoder, OntogenyEncoderDecoderModel, exist_ok=True)
    AutoModelForSeq2SeqLM.register(encoder_decoder, OntogenyEncoderDecoderForConditionalGeneration, exist_ok=True)
