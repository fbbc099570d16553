"""What must hold before alignment starts and after it ends."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.align.config import AlignConfig, ModelReward, PpoConfig
from components.base.errors import GateError
from components.base.manifest import read_manifest
from components.metrics.figures import merge
from components.metrics.training import AlignMetrics, TruthFigures


def require_good_reward(cfg: AlignConfig, reward: Path) -> None:
    """Refuse to climb a reward model that hardly ranks: PPO against one destroys the policy."""
    if not isinstance(cfg, PpoConfig) or not isinstance(cfg.reward, ModelReward):
        return
    accuracy, minimum = read_manifest(reward)["metrics"]["heldout_accuracy"], cfg.reward.min_accuracy
    if not accuracy >= minimum:  # so that a NaN fails, too
        raise GateError(
            f"align: the reward model ranks {accuracy:.1%} of held-out pairs right and reward.min_accuracy is "
            f"{minimum:.1%}: improve the reward stage before PPO, or lower the bound knowingly"
        )


def summarize(cfg: AlignConfig, measured: Mapping[str, Any], steps: int) -> AlignMetrics:
    """The stage's figures; raises GateError when the policy went farther from the sft model than its budget."""
    kl = measured["kl_after"]
    if not kl <= cfg.kl_budget:
        online = isinstance(cfg, PpoConfig)
        mend = (
            "kl.coefficient, or lower optimization.learning_rate or iterations"
            if online
            else ("beta, or lower optimization.learning_rate or epochs")
        )
        raise GateError(
            f"align: the policy is {kl:.2f} nats a response from the sft model and kl_budget is {cfg.kl_budget:g}: "
            f"raise {mend}"
        )
    figures = {name: value for name, value in measured.items() if name != "kl_after" and "." not in name}
    return merge(
        AlignMetrics(kl_to_sft=kl, kl_budget=cfg.kl_budget, iterations=steps, tasks=_read_tasks(measured)),
        AlignMetrics.model_validate(figures),
    )


def _read_tasks(measured: Mapping[str, Any]) -> dict[str, TruthFigures] | None:
    """The figures of each task, `exact_match.<task>_before` and `_after`; None where tasks are not told apart."""
    found: dict[str, dict[str, float]] = {}
    for name, value in measured.items():
        figure, dot, rest = name.partition(".")
        if dot:
            task, _, when = rest.rpartition("_")
            found.setdefault(task, {})[f"{figure}_{when}"] = value
    return {task: TruthFigures.model_validate(own) for task, own in found.items()} or None
