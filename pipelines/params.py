"""params.yaml as one type: a field per section, each a stage's config or an external component."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from components.align.config import AlignConfig
from components.base.config import Config, ExternalConfig
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.corpus.config import CorpusConfig
from components.evaluate.config import EvaluateConfig
from components.icl.config import IclConfig
from components.preferences.config import PreferencesConfig
from components.pretrain.config import PretrainConfig
from components.quantize.config import QuantizeConfig
from components.report.config import ReportConfig
from components.reward.config import RewardConfig
from components.serve.config import ServeConfig
from components.sft.config import SftConfig
from components.tasks.config import SharedConfig
from components.tokens.config import TokensConfig

PARAMS_FILE = Path("params.yaml")
KIND = Field(discriminator="kind")


class Params(Config):
    """The whole of params.yaml."""

    shared: SharedConfig
    """What every stage must agree on."""
    corpus: Annotated[CorpusConfig | ExternalConfig, KIND]
    """Raw sources into clean documents."""
    tokens: Annotated[TokensConfig | ExternalConfig, KIND]
    """Documents into a tokenizer and token shards."""
    pretrain: Annotated[PretrainConfig | ExternalConfig, KIND]
    """Shards into a base model."""
    sft: Annotated[SftConfig | ExternalConfig, KIND]
    """The base model learns to follow instructions."""
    preferences: Annotated[PreferencesConfig | ExternalConfig, KIND]
    """Pairs of answers, of which one is preferred."""
    reward: Annotated[RewardConfig | ExternalConfig, KIND]
    """A reward model learns which answers are better."""
    align: Annotated[AlignConfig | ExternalConfig, KIND]
    """The instruction-tuned model is aligned with it."""
    quantize: Annotated[QuantizeConfig | ExternalConfig, KIND]
    """The aligned model in INT8."""
    evaluate: Annotated[EvaluateConfig | ExternalConfig, KIND]
    """Every model by every prompting method."""
    icl: Annotated[IclConfig | ExternalConfig, KIND]
    """A grid of ways to ask, each cell tested against one."""
    serve: Annotated[ServeConfig | ExternalConfig, KIND]
    """The INT8 model behind an HTTP API."""
    report: Annotated[ReportConfig | ExternalConfig, KIND]
    """All figures on one page."""


STAGES = ("code", *(name for name in Params.model_fields if name != "shared"))


def read_params(path: Path = PARAMS_FILE) -> Params:
    """Read and check params.yaml; raises ParamsError that names path, value and what is allowed."""
    params: Params = validate(Params, read_yaml(path), where=str(path))
    return params
