"""Recipes: overlays on params.yaml, a run of another model, other data or other tasks each."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.base.config import Config
from components.base.errors import ParamsError
from components.base.files import write_text
from components.base.validation import validate
from components.base.yaml import read_yaml
from pipelines.compatibility import check_compatibility
from pipelines.graph import list_needed_stages
from pipelines.params import PARAMS_FILE, STAGES, Params

FOLDER = Path(__file__).parent / "recipes"
ABSENT = "—"


class Recipe(Config):
    """One file of pipelines/recipes, or of the user's own."""

    title: str
    """What it makes, in one line."""
    params: dict[str, Any]
    """What differs from params.yaml, section by section."""


def list_recipes() -> list[str]:
    """Names of those that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_recipe(name: str) -> Recipe:
    """A recipe by its name in pipelines/recipes, or by the path of a user's own. Raises ParamsError."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if path.parent == FOLDER and not path.is_file():
        raise ParamsError(f"recipe: {name!r} is not one of {', '.join(list_recipes())}, nor the path of a .yaml file")
    recipe: Recipe = validate(Recipe, read_yaml(path), where=str(path))
    return recipe


def merge_recipe(recipe: Recipe, settings: Sequence[str] = ()) -> tuple[Any, Any]:
    """The params of this tree, and those of the recipe's run, some of them set otherwise (`path=value`, in YAML).

    Raises ParamsError where these, or the rules between them, do not hold.
    """
    base = read_yaml(PARAMS_FILE)
    merged = overlay(base, recipe.params)
    for path, value in map(_read_setting, settings):
        merged = _set(merged, path, value)
    params: Params = validate(Params, merged, where=f"{PARAMS_FILE} under the recipe")
    check_compatibility(params, list_needed_stages(STAGES[-1]))
    return base, merged


def _read_setting(setting: str) -> tuple[list[str], Any]:
    path, found, value = setting.partition("=")
    if not found or not path.strip("."):
        raise ParamsError(f"recipe: --set {setting!r} is not of the form path=value")
    try:
        return path.split("."), YAML(typ="safe", pure=True).load(value)
    except YAMLError as error:
        raise ParamsError(f"recipe: --set {path}: not valid YAML: {getattr(error, 'problem', error)}") from None


def _set(params: Any, path: list[str], value: Any) -> Any:
    """Params with the value at one path replaced, whatever stood there."""
    if not path:
        return value
    if not isinstance(params, dict):
        raise ParamsError(f"recipe: --set: {path[0]!r} lies below what is no section")
    return {**params, path[0]: _set(params.get(path[0], {}), path[1:], value)}


def write_params(merged: Any) -> None:
    """Let params.yaml say what the recipe's run would, its comments kept where their values stay."""
    keeper = YAML()
    keeper.preserve_quotes = True
    told = keeper.load(PARAMS_FILE.read_text(encoding="utf-8"))
    _replace(told, merged)
    text = io.StringIO()
    keeper.dump(told, text)
    write_text(PARAMS_FILE, text.getvalue())


def _replace(told: Any, merged: Any) -> None:
    """Change a commented mapping in place, value by value."""
    for key in [key for key in told if key not in merged]:
        del told[key]
    for key, value in merged.items():
        if isinstance(value, dict) and isinstance(told.get(key), dict):
            _replace(told[key], value)
        elif key not in told or told[key] != value:
            told[key] = value


def overlay(base: Any, over: Any) -> Any:
    """Mappings merge key by key; null takes a mapping away, and a section of another kind takes its place.

    Anything else, lists included, is replaced.
    """
    if not (isinstance(base, dict) and isinstance(over, dict)) or base.get("kind") != over.get(
        "kind", base.get("kind")
    ):
        return over
    merged = {**base, **{key: overlay(base.get(key), value) for key, value in over.items()}}
    return {key: value for key, value in merged.items() if not (value is None and isinstance(base.get(key), dict))}


def describe_changes(base: Any, merged: Any, path: str = "") -> Iterator[str]:
    """One line for each value that differs: its path, what it was, and what it is."""
    if not (isinstance(base, dict) and isinstance(merged, dict)):
        if base != merged:
            yield f"{path}: {_say(base)} → {_say(merged)}"
        return
    for key in dict.fromkeys([*base, *merged]):
        yield from describe_changes(
            base.get(key, ABSENT), merged.get(key, ABSENT), f"{path}.{key}" if path else str(key)
        )


def _say(value: Any) -> str:
    """Of a mapping its kind or its keys are enough, and of a list of mappings theirs."""
    if isinstance(value, dict):
        return f"{{kind: {value['kind']}}}" if "kind" in value else f"{{{', '.join(value)}}}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return f"[{', '.join(_say(item) for item in value)}]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
