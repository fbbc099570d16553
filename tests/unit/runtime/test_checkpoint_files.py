"""Which checkpoints count: those whose marker was written last, and whose files are still what it says."""

from pathlib import Path

import pytest

from components.base.errors import ArtifactError
from components.runtime.checkpoint_files import announce_resume, find_complete, find_sound, mark_complete, verify


def write(run_folder: Path, name: str, *, complete: bool = True, keep: int = 9) -> Path:
    folder = run_folder / name
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(name.encode())
    if complete:
        mark_complete(folder, keep)
    return folder


def test_one_without_its_marker_never_counts(tmp_path: Path) -> None:
    whole = write(tmp_path, "step_00000002")
    write(tmp_path, "step_00000003", complete=False)
    assert find_complete(tmp_path) == [whole]


def test_both_forms_are_ordered_by_step_and_not_by_name(tmp_path: Path) -> None:
    late, early = write(tmp_path, "checkpoint-100"), write(tmp_path, "checkpoint-20")
    assert find_complete(tmp_path) == [early, late]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for step in range(1, 5):
        write(tmp_path, f"step_{step:08d}", keep=2)
    assert [folder.name for folder in find_complete(tmp_path)] == ["step_00000003", "step_00000004"]


@pytest.mark.parametrize("harm", ["alter", "remove"])
def test_a_damaged_one_is_named_and_the_one_before_it_taken(tmp_path: Path, harm: str) -> None:
    before, damaged = write(tmp_path, "step_00000001"), write(tmp_path, "step_00000002")
    if harm == "alter":
        (damaged / "weights").write_bytes(b"other")
    else:
        (damaged / "weights").unlink()
    with pytest.raises(ArtifactError, match=r"step_00000002/weights: the checkpoint file is (missing|truncated)"):
        verify(damaged)
    found, reasons = find_sound(tmp_path)
    assert found == before
    assert len(reasons) == 1


def test_a_run_says_from_where_it_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    announce_resume(tmp_path)
    write(tmp_path, "step_00000012")
    announce_resume(tmp_path)
    told = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": ")[2] for line in told] == ["nothing to resume, begins at step 0", "resumed at step 12"]
