"""An artifact tells where it came from, and an altered one is refused."""

from pathlib import Path

import pytest

from components.base.errors import ArtifactError
from components.base.manifest import (
    MANIFEST,
    describe_hardware,
    find_record,
    read_manifest,
    read_record,
    verify_artifact,
    write_manifest,
    write_record,
)


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    folder = tmp_path / "sft"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "weights.bin").write_bytes(b"12345")
    write_manifest(folder, {"stage": "sft"})
    return folder


def test_a_manifest_says_what_the_artifact_is_and_nothing_of_when(artifact: Path) -> None:
    first = (artifact / MANIFEST).read_bytes()
    write_manifest(artifact, {"stage": "sft"})
    assert (artifact / MANIFEST).read_bytes() == first
    assert read_manifest(artifact) == {"stage": "sft", "content_sha256": verify_artifact(artifact)}


def test_a_record_says_what_the_artifact_was_made_with_and_on(artifact: Path) -> None:
    assert read_record(artifact) == {}
    write_record(find_record(artifact), {"seed": 17})
    record = read_record(artifact)
    assert record["seed"] == 17
    assert record["versions"]["torch"]
    assert record["hardware"]["cores"] >= 1
    verify_artifact(artifact)


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
    path.write_text(path.read_text(encoding="utf-8").replace('"stage": "sft"', '"stage": "x"'), encoding="utf-8")
    assert verify_artifact(artifact) == before


def test_hardware_never_names_the_machine() -> None:
    assert set(describe_hardware()) == {"cpu", "cores", "memory_gb", "gpu"}
