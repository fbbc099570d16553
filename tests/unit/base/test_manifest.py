"""An artifact tells where it came from, and an altered one is refused."""

from pathlib import Path

import pytest

from components.base.errors import ArtifactError
from components.base.manifest import MANIFEST, describe_hardware, read_manifest, verify_artifact, write_manifest


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    folder = tmp_path / "sft"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "weights.bin").write_bytes(b"12345")
    write_manifest(folder, {"stage": "sft", "seed": 17})
    return folder


def test_what_was_written_is_read_back_with_what_it_was_made_on(artifact: Path) -> None:
    manifest = read_manifest(artifact)
    assert (manifest["stage"], manifest["seed"]) == ("sft", 17)
    assert manifest["versions"]["torch"]
    assert manifest["hardware"]["cores"] >= 1
    assert verify_artifact(artifact) == manifest["content_sha256"]


@pytest.mark.parametrize("harm", ["alter", "add", "remove", "rename"])
def test_every_change_of_a_file_is_noticed(artifact: Path, harm: str) -> None:
    weights = artifact / "model" / "weights.bin"
    match harm:
        case "alter":
            weights.write_bytes(b"12355")
        case "add":
            (artifact / "model" / "more.bin").touch()
        case "remove":
            weights.unlink()
        case "rename":
            weights.rename(weights.with_name("other.bin"))
    with pytest.raises(ArtifactError, match=r"sft: a file was truncated or altered .*`dvc repro sft` restores it"):
        verify_artifact(artifact)


def test_an_absent_artifact_is_named_with_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="reward: the artifact is missing; `dvc repro reward` makes it"):
        read_manifest(tmp_path / "reward")


def test_the_manifest_itself_is_not_part_of_the_content(artifact: Path) -> None:
    before = verify_artifact(artifact)
    path = artifact / MANIFEST
    path.write_text(path.read_text(encoding="utf-8").replace('"seed": 17', '"seed": 18'), encoding="utf-8")
    assert verify_artifact(artifact) == before


def test_hardware_never_names_the_machine() -> None:
    assert set(describe_hardware()) == {"cpu", "cores", "memory_gb", "gpu"}
