"""The Serve config that the stage leaves."""

from pathlib import Path

import pytest

from components.base.errors import ArtifactError
from components.base.yaml import read_yaml
from components.model.config import InferenceConfig
from components.runtime.cluster import read_cluster
from components.serve.config import ServeConfig
from components.serve.deployment import read_serve_config, write_serve_config
from components.serve.session import make_settings
from tests.contracts.source import ROOT


def test_what_is_written_is_read_again_with_the_model_relative_to_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cfg = ServeConfig.model_validate(read_yaml(ROOT / "params.yaml")["serve"])
    cluster = read_cluster().serve
    monkeypatch.chdir(tmp_path)
    settings = make_settings(cfg, InferenceConfig(), tmp_path / "artifacts" / "model", cluster, ["Why?"])
    write_serve_config(tmp_path / "serve.yaml", settings, cluster)
    read, port = read_serve_config(tmp_path / "serve.yaml")
    assert (read.model, read.model_name, port) == ("artifacts/model", cfg.model_name, cluster.port)
    assert read.model_copy(update={"model": settings.model}) == settings


@pytest.mark.parametrize("text", ["[]", "applications: []", "applications: [{}]\nhttp_options: {port: x}"])
def test_another_file_is_refused_by_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"other\.yaml: not a Serve config of one application"):
        read_serve_config(tmp_path / "other.yaml")
