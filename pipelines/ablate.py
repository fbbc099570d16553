"""A named list of variants, each run by `dvc exp` under several seeds, as one table of figures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from components.base.config import Config, NonNegativeInt
from components.base.errors import ParamsError
from components.base.progress import progress_bar
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.metrics.ablation import AblationFigures, AblationRow
from components.metrics.files import write_figures
from pipelines.compatibility import check_compatibility
from pipelines.experiments import call, read_experiment, run_experiment
from pipelines.graph import list_needed_stages
from pipelines.params import PARAMS_FILE, Params

FOLDER = Path(__file__).parent / "ablations"
RESULTS = Path("metrics") / "ablations"
STAGE = "pretrain"
Overrides = dict[str, Any]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]\w*$")]


class Variant(Config):
    """Params, by path, that differ from the common ones."""

    name: Name
    """Name in the table."""
    about: str = ""
    """What it is, in a few words."""
    set: Overrides = Field(default_factory=dict)
    """Params by path."""


class Ablation(Config):
    """One named list."""

    title: str
    """Heading of the table."""
    seeds: Annotated[list[NonNegativeInt], Field(min_length=1)]
    """Offsets to the shared seed."""
    common: Overrides
    """Params, by path, that all variants share."""
    positions: list[Name] = Field(default_factory=list)
    """Variants whose loss by position is plotted."""
    variants: Annotated[list[Variant], Field(min_length=1)]
    """What is compared."""


def list_ablations() -> list[str]:
    """Names of all lists."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def ablate(name: str) -> Path:
    """Run every variant under every seed and write the figures; returns the file that holds them."""
    path = FOLDER / f"{name}.yaml"
    ablation: Ablation = validate(Ablation, read_yaml(path), where=path.name)
    check_variants(ablation)
    call("dvc", "repro", "tokens")  # once, for every run to take from the cache
    out = RESULTS / f"{name}.json"
    rows: list[AblationRow] = []
    with progress_bar(len(ablation.variants) * len(ablation.seeds), name, "run") as bar:
        for variant in ablation.variants:
            runs = []
            for seed in ablation.seeds:
                experiment = f"{name}-{variant.name}-{seed}".replace("_", "-")
                settings = {**ablation.common, **variant.set, "pretrain.training.seed_offset": seed}
                run_experiment(experiment, settings, STAGE)
                runs.append(read_experiment(experiment, STAGE))
                bar.update(1)
            rows.append(AblationRow(**variant.model_dump(), runs=runs))
            shared = ablation.model_dump(include={"title", "seeds", "common", "positions"})
            write_figures(out, AblationFigures(**shared, rows=rows))
    return out


def check_variants(ablation: Ablation) -> None:
    """Raises ParamsError, before anything runs, for a variant that params or the rules between them refuse."""
    for variant in ablation.variants:
        try:
            params = override(read_yaml(PARAMS_FILE), ablation.common | variant.set)
            check_compatibility(validate(Params, params, where=str(PARAMS_FILE)), list_needed_stages(STAGE))
        except ParamsError as error:
            raise ParamsError(f"variant {variant.name}: {error}") from None
    unknown = set(ablation.positions) - {variant.name for variant in ablation.variants}
    if unknown:
        raise ParamsError(f"positions: {sorted(unknown)[0]!r} is no variant")


def override(plain: Any, overrides: Mapping[str, Any]) -> Any:
    """Params with the values at some paths replaced."""
    for path, value in overrides.items():
        *sections, key = path.split(".")
        node = plain
        for section in sections:
            node = node.setdefault(section, {})
        node[key] = value
    return plain
