"""YAML 1.2 reading: `1e-4` is a number, `no` is a word, and a key given twice is an error."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.base.errors import ParamsError


def read_yaml(path: Path) -> Any:
    """Parse one YAML file; raises ParamsError that names file, line and column."""
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: the file is missing") from None
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path}: not valid UTF-8 ({error.reason} at byte {error.start})") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ParamsError(f"{where}: not valid YAML: {getattr(error, 'problem', error)}") from None
