"""A task page read and checked: unknown keys, and what is not done here, are refused in one line."""

from pathlib import Path
from typing import Any

from components.base.errors import ParamsError
from components.base.validation import validate
from components.tasks.harness.config import HarnessPage
from components.tasks.harness.page_file import read_page

REFUSED = {
    "custom_dataset": "rows are local files",
    "doc_to_image": "models here read text",
    "doc_to_audio": "models here read text",
    "unsafe_code": "what a model writes is not run",
    "use_prompt": "promptsource is not read; write doc_to_text",
}
"""Keys that lm-eval knows and this does not do, and why."""
BUILDERS = ("json", "csv", "parquet")


def load_page(path: Path, *, allow_code: bool = False) -> HarnessPage:
    """One task's page. Raises ParamsError that names the file and the key."""
    return check_page(read_page(path, allow_code=allow_code), str(path))


def check_page(keys: dict[str, Any], where: str) -> HarnessPage:
    """A page of its keys; numbers that stand where a text is wanted are refused, as everywhere."""
    keys = {key: value for key, value in keys.items() if value is not None}
    for key in keys:
        if key in REFUSED and keys[key] not in (False, [], {}):
            raise ParamsError(f"{where}: {key}: not supported: {REFUSED[key]}")
    keys = {key: value for key, value in keys.items() if key not in REFUSED and key != "group"}
    if "dataset_path" not in keys:
        raise ParamsError(
            f"{where}: dataset_path: missing; one of {', '.join(BUILDERS)}, with dataset_kwargs.data_files"
        )
    if keys["dataset_path"] not in BUILDERS:
        raise ParamsError(
            f"{where}: dataset_path: {keys['dataset_path']!r} is not one of {', '.join(BUILDERS)}: rows are local "
            "files, named in dataset_kwargs.data_files"
        )
    page: HarnessPage = validate(HarnessPage, keys, where=where)
    _require(page, where)
    return page


def _require(page: HarnessPage, where: str) -> None:
    """What a page cannot do without, by its output type."""
    if page.test_split is None and page.validation_split is None:
        raise ParamsError(f"{where}: test_split: missing, and validation_split, too: nothing is asked")
    if page.dataset_kwargs.data_files is None and page.dataset_kwargs.data_dir is None:
        raise ParamsError(f"{where}: dataset_kwargs.data_files: missing: rows are local files")
    if page.doc_to_text is None:
        raise ParamsError(f"{where}: doc_to_text: missing: a column, a template, or an option's place")
    if page.doc_to_target is None:
        raise ParamsError(f"{where}: doc_to_target: missing: there is no gold answer")
    if page.output_type == "multiple_choice" and page.doc_to_choice is None:
        raise ParamsError(f"{where}: doc_to_choice: missing: a multiple_choice task has options")
