"""What docs/how-to/task.md shows is a task, as it is written."""

import re
from pathlib import Path

from components.tasks.config import PageConfig
from components.tasks.page import PageTask
from tests.contracts.source import ROOT

PAGE = (ROOT / "docs" / "how-to" / "task.md").read_text(encoding="utf-8")


def test_the_page_of_yaml_and_its_rows_make_a_task(tmp_path: Path) -> None:
    page, rows = (re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[0] for language in ("yaml", "json"))
    (tmp_path / "capitals").mkdir()
    (tmp_path / "capitals" / "rows.jsonl").write_text(rows, encoding="utf-8")
    (tmp_path / "capitals.yaml").write_text(page, encoding="utf-8")
    cfg = PageConfig(kind="page", path=str(tmp_path / "capitals.yaml"), data_folder=str(tmp_path))
    task = PageTask("capitals", cfg, 3).make_task(100, exemplar_pool=8, shots=2)
    assert [(item.question, item.gold) for item in task.items] == [
        ("What is the capital of France?", "Paris"),
        ("What is the capital of Japan?", "Tokyo"),
    ]


def test_every_file_that_the_page_names_is_there() -> None:
    named = re.findall(r"`((?:components|tests)/[\w/]+\.\w+)`", PAGE) + re.findall(r"\(\.\./\.\./([\w/.]+)\)", PAGE)
    assert named and all((ROOT / name).is_file() for name in named)
