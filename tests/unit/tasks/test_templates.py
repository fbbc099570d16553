"""Templates of task pages."""

import pytest

from components.base.errors import DataError
from components.tasks.templates import find_fields, render


def test_a_template_is_filled_from_the_fields_and_says_which_it_reads() -> None:
    template = "{{ question | trim }} {% if hint %}({{ hint }}){% endif %}"
    assert render(template, {"question": " Why? ", "hint": "sky"}, "here") == "Why? (sky)"
    assert find_fields(template) == {"question", "hint"}


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ absent }}", "'absent' is undefined"),
        ("{{ empty }}", "the field is null"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ 1 / 0 }}", "does not fit the row"),
        ("{{ open", "template"),
    ],
)
def test_what_cannot_be_filled_is_one_line_with_its_place(template: str, reason: str) -> None:
    with pytest.raises(DataError, match=f"^rows.jsonl:3: template .*{reason}") as caught:
        render(template, {"empty": None}, "rows.jsonl:3")
    assert "\n" not in str(caught.value)
