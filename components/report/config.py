"""What the report claims and how it draws; the figures themselves come from the other stages."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeFloat

FigurePath = Annotated[str, Field(pattern=r"^[a-z]\w*(\.[\w-]+)+$", description="stage.figure or stage.params.name")]


class TargetConfig(Config):
    """One pinned claim: `figure` (less `minus`, where given) is at least, at most, above or below `value`."""

    claim: Annotated[str, Field(min_length=1)]
    figure: FigurePath
    minus: FigurePath | None = None
    bound: Literal["at_least", "at_most", "above", "below"]
    value: float | FigurePath
    unit: Literal["number", "percent", "points", "seconds", "gigabytes", "truth"] = "number"


class OverOptimisationConfig(Config):
    """When the page says that PPO fooled its reward model: truth down while the proxy is up."""

    truth_drop: Fraction
    proxy_rise: NonNegativeFloat


class ReportConfig(Config):
    """One HTML page and one model card."""

    kind: Literal["html"]
    title: Annotated[str, Field(min_length=1)]
    model_name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    model_license: Annotated[str, Field(min_length=1)]
    language: Annotated[str, Field(min_length=2)]
    ablation_file: str | None = None
    """Figures that `python -m pipelines ablate` wrote, in a section of their own once they are there."""
    smoothing: Annotated[float, Field(ge=0.0, lt=1.0)]
    over_optimisation: OverOptimisationConfig
    targets: list[TargetConfig]
