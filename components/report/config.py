"""What the report claims and how it draws; the figures themselves come from the other stages."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeFloat

FigurePath = Annotated[str, Field(pattern=r"^[a-z]\w*(\.[\w-]+)+$", description="stage.figure or stage.params.name")]


class TargetConfig(Config):
    """One pinned claim: `figure` (less `minus`, where given) is at least, at most, above or below `value`."""

    claim: Annotated[str, Field(min_length=1)]
    """What the report says is shown."""
    task: str | None = None
    """The task of the run that it is about: without that task it is not asked, and beside others the task's own figure
    counts. Null is any."""
    figure: FigurePath
    """Path of the metric, `stage.key`."""
    minus: FigurePath | None = None
    """Path of a metric that is subtracted first."""
    bound: Literal["at_least", "at_most", "above", "below"]
    """How the figure must stand to the value."""
    value: float | FigurePath
    """A number, or the path of another metric."""
    unit: Literal["number", "percent", "points", "seconds", "gigabytes", "truth"] = "number"
    """How figure and value are written."""


class OverOptimisationConfig(Config):
    """When the page says that PPO fooled its reward model: truth down while the proxy is up."""

    truth_drop: Fraction
    """Drop of exact match below its best from which on the reward is over-optimised."""
    proxy_rise: NonNegativeFloat
    """Rise of the reward meanwhile."""


class ReportConfig(Config):
    """One HTML page and one model card."""

    kind: Literal["html"]
    title: Annotated[str, Field(min_length=1)]
    """Heading of the report."""
    model_name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    """Name on the model card."""
    model_license: Annotated[str, Field(min_length=1)]
    """License on the model card, by its SPDX name; `unknown` where nobody has chosen one."""
    language: Annotated[str, Field(min_length=2)]
    """Language of the model, on its card."""
    ablation_file: str | None = None
    """Figures that `python -m pipelines ablate` wrote, in a section of their own once they are there."""
    seeds_file: str | None = None
    """Figures that `python -m pipelines seeds` wrote, in a section of their own once they are there."""
    smoothing: Annotated[float, Field(ge=0.0, lt=1.0)]
    """Weight of the past in smoothed curves (exponential moving average)."""
    over_optimisation: OverOptimisationConfig
    """When a rising reward no longer means better answers."""
    targets: list[TargetConfig]
    """What the run is held to."""
