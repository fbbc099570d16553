"""Refuses params that are valid one by one and senseless together.

The rules between choices are data, in `compatibility.yaml`; those that count tokens are below.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from components.base.config import Config
from components.base.errors import ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.icl.config import GridConfig
from components.icl.grid import find_alien_words, find_mistakes
from components.model.config import ModelConfig
from components.pretrain.config import ObjectiveConfig, PretrainConfig, ScratchConfig
from components.pretrain.corruption import count_noise, fit_length
from components.tokens.config import ByteBpeConfig
from pipelines.params import Params
from pipelines.target_paths import find_dead_targets
from pipelines.task_names import find_unknown_tasks

RULES_FILE = Path(__file__).with_name("compatibility.yaml")


class Rule(Config):
    """Choices that must not meet, all of `when` at once; with `stages`, only in runs that include one of those."""

    when: dict[str, list[Any]]
    """Values, by path of the param."""
    stages: list[str] = Field(default_factory=list)
    """Stages that a run must include for the rule to hold; empty is any."""
    reason: str
    """What the user is told."""


def read_rules() -> list[Rule]:
    """All rules between choices."""
    rules: list[Rule] = validate(list[Rule], read_yaml(RULES_FILE), where=RULES_FILE.name)
    return rules


def check_compatibility(params: Params, stages: Sequence[str]) -> None:
    """Raises ParamsError, one clause for each rule that these stages would break."""
    found = [
        *_break_rules(params, stages),
        *_break_counts(params),
        *find_dead_targets(params),
        *find_unknown_tasks(params),
        *_break_grid(params),
    ]
    if found:
        raise ParamsError("params.yaml: " + "; ".join(found))


def _break_grid(params: Params) -> Iterator[str]:
    if isinstance(params.icl, GridConfig):
        yield from find_mistakes(params.icl)
        yield from find_alien_words(params.icl, params.shared.tasks)


def draw_table() -> str:
    """The rules as a Markdown table."""
    lines = ["| these together | in stage | are refused, because |", "|---|---|---|"]
    for rule in read_rules():
        choices = " and ".join(f"`{path}`: {' or '.join(map(str, values))}" for path, values in rule.when.items())
        lines.append(f"| {choices} | {', '.join(rule.stages) or 'any'} | {rule.reason} |")
    return "\n".join(lines)


def _break_rules(params: Params, stages: Sequence[str]) -> Iterator[str]:
    plain = params.model_dump()
    for rule in read_rules():
        if rule.stages and not set(rule.stages) & set(stages):
            continue
        chosen = {path: _look_up(plain, path) for path in rule.when}
        if all(chosen[path] in values for path, values in rule.when.items()):
            said = " with ".join(f"{path} {value!r}" for path, value in chosen.items())
            where = f" in stage {', '.join(rule.stages)}" if rule.stages else ""
            yield f"{said}{where} is refused: {rule.reason}"


def _look_up(plain: Any, path: str) -> Any:
    for key in path.split("."):
        plain = plain.get(key) if isinstance(plain, dict) else None
    return plain


def _break_counts(params: Params) -> Iterator[str]:
    cfg = params.pretrain
    if not isinstance(cfg, PretrainConfig):
        return
    shape = cfg.model if isinstance(cfg, ScratchConfig) else None
    if isinstance(shape, ModelConfig) and cfg.training.seq_len > shape.max_positions:
        yield (
            f"pretrain.training.seq_len {cfg.training.seq_len} is longer than "
            f"pretrain.model.max_positions {shape.max_positions}"
        )
    if isinstance(params.tokens, ByteBpeConfig) and params.tokens.sentinels:
        needed = count_sentinels(cfg.objective, cfg.training.seq_len)
        if params.tokens.sentinels < needed:
            yield f"tokens.sentinels {params.tokens.sentinels} is too few: pretrain.objective needs {needed}"


def count_sentinels(cfg: ObjectiveConfig, seq_len: int) -> int:
    """Sentinels of the text with the most hidden spans, the one behind the last span included."""
    match cfg.kind:
        case "span_corruption":
            kinds = [(cfg.corruption, cfg.mean_span)]
        case "mixture_of_denoisers":
            kinds = [(d.corruption, d.mean_span) for d in cfg.denoisers if d.mean_span is not None]
        case _:
            return 0
    rows = [count_noise(fit_length(seq_len + 1, share, span), share, span)[1] + 1 for share, span in kinds]
    return max(rows, default=0)
