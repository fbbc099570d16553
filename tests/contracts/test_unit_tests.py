"""Modules have unit tests of their own, not only the stages that use them."""

from tests.contracts.source import PACKAGES, ROOT, imported_modules, source_files

LEAST_SHARE = 0.9


def test_nine_of_ten_modules_are_imported_by_a_unit_test() -> None:
    paths = [path for path in source_files(*PACKAGES) if path.stem != "__init__"]
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}
    tested = {name for path in source_files("tests/unit") for name in imported_modules(path)}
    assert len(modules & tested) >= LEAST_SHARE * len(modules), sorted(modules - tested)
