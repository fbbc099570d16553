"""A run's curves, and what its clock said beside them."""

from pathlib import Path

from components.base.curves import CURVES, SPEED, Curves, publish_curves, read_curves, read_median


def test_times_stand_apart_from_what_a_rerun_repeats(tmp_path: Path) -> None:
    for name, rate in (("a", 100.0), ("b", 70.0)):
        curves = Curves(tmp_path / name / "run.csv")
        for step in (1, 2):
            curves.log(step, {"loss": 1.5 / step, "tokens_per_s": rate * step, "val_loss": None, "seconds": 0.5})
        publish_curves(curves.path, tmp_path / name)
    first, second = ((tmp_path / name / CURVES).read_bytes() for name in ("a", "b"))
    assert first == second == b"step,loss,val_loss\n1,1.5,\n2,0.75,\n"
    assert read_curves(tmp_path / "a" / SPEED)[1] == {"step": "2", "tokens_per_s": "200.0", "seconds": "0.5"}
    assert read_median(tmp_path / "b" / SPEED, "tokens_per_s") == 105.0


def test_curves_without_times_leave_no_second_file(tmp_path: Path) -> None:
    Curves(tmp_path / "run.csv").log(1, {"loss": 1.0})
    publish_curves(tmp_path / "run.csv", tmp_path)
    assert (tmp_path / CURVES).read_bytes() == (tmp_path / "run.csv").read_bytes()
    assert not (tmp_path / SPEED).exists()


def test_a_run_without_curves_leaves_none(tmp_path: Path) -> None:
    publish_curves(tmp_path / "absent.csv", tmp_path)
    assert list(tmp_path.iterdir()) == []
