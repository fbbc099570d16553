"""What must hold before PPO starts and after it ends."""

from pathlib import Path
from typing import Any

from components.align.config import PpoConfig
from components.base.errors import GateError
from components.base.manifest import read_manifest
from components.base.metrics import Metrics


def require_good_reward_model(reward: Path, minimum: float) -> None:
    """Refuse a reward model that hardly ranks: PPO against one destroys the policy."""
    accuracy = read_manifest(reward)["metrics"]["heldout_accuracy"]
    if not accuracy >= minimum:  # so that a NaN fails, too
        raise GateError(
            f"align: the reward model ranks {accuracy:.1%} of held-out pairs right and min_reward_accuracy is "
            f"{minimum:.1%}: improve the reward stage before PPO, or lower the bound knowingly"
        )


def summarise(cfg: PpoConfig, measured: dict[str, Any]) -> Metrics:
    """The stage's figures; raises GateError when the policy went farther from the sft model than its budget."""
    kl = measured["kl_after"]
    if not kl <= cfg.kl_budget:
        raise GateError(
            f"align: the policy is {kl:.2f} nats a response from the sft model and kl_budget is {cfg.kl_budget:g}: "
            "raise kl.coefficient, or lower update.learning_rate or iterations"
        )
    return {name: value for name, value in measured.items() if name != "kl_after"} | {
        "kl_to_sft": kl,
        "kl_budget": cfg.kl_budget,
        "iterations": cfg.iterations,
    }
