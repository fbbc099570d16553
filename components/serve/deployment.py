"""The Serve config that the stage leaves: `serve run` takes it as it is."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from components.base.errors import ArtifactError
from components.base.files import write_text
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.runtime.cluster import ServeClusterConfig
from components.serve.app import AppSettings
from components.serve.session import APP_NAME

IMPORT_PATH = "components.serve.app:build_app"


def write_serve_config(path: Path, settings: AppSettings, cluster: ServeClusterConfig) -> None:
    """Write the config; a model below the working folder is named relative to it, so that it travels."""
    model = Path(settings.model).resolve()
    here = Path.cwd().resolve()
    named = model.relative_to(here) if model.is_relative_to(here) else model
    application = {
        "name": APP_NAME,
        "route_prefix": "/",
        "import_path": IMPORT_PATH,
        "args": {**settings.model_dump(mode="json"), "model": str(named)},
    }
    config: dict[str, Any] = {
        "proxy_location": "EveryNode",
        "http_options": {"host": cluster.host, "port": cluster.port},
        "applications": [application],
    }
    text = io.StringIO("# From the repository's root: serve run artifacts/serve/serve_config.yaml\n")
    text.seek(0, io.SEEK_END)
    YAML().dump(config, text)
    write_text(path, text.getvalue())


def read_serve_config(path: Path) -> tuple[AppSettings, int]:
    """The application's arguments and its port; raises ArtifactError when this is no config of ours."""
    config = read_yaml(path)
    try:
        (application,) = config["applications"]
        port = int(config["http_options"]["port"])
        args = application["args"]
    except (TypeError, KeyError, ValueError) as error:
        raise ArtifactError(f"{path}: not a Serve config of one application ({error})") from None
    settings: AppSettings = validate(AppSettings, args, where=str(path))
    return settings, port
