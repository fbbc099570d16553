"""Where this stage's adapter may sit, told before anything is trained."""

from transformers import PreTrainedModel

from components.sft.config import LoraSftConfig, SftConfig
from components.training.adapter_targets import require_targets as require_known


def require_targets(model: PreTrainedModel, cfg: SftConfig) -> None:
    """Raises ParamsError for a target that is no layer of the model, or one on which no adapter can be trained."""
    if isinstance(cfg, LoraSftConfig):
        require_known("sft", model, cfg.target_modules)
