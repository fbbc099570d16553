"""Pages of strangers: one clear line each, nothing run, nothing written."""

import json
from pathlib import Path

import pytest

from components.base.errors import PipelineError
from components.evaluate.harness.__main__ import main
from components.tasks.harness.sandbox import render
from tests.unit.evaluate.harness import pages

GOOD = """\
dataset_path: json
dataset_kwargs: {data_files: {test: rows_test.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: question
doc_to_choice: choices
doc_to_target: answer
"""
HOSTILE = {
    "a function": (GOOD + "process_docs: !function os.system\n", "page.yaml:8: !function os.system"),
    "a function in a list": (
        GOOD + "metric_list:\n  - metric: !function evil.run\n",
        "page.yaml:9: !function evil.run",
    ),
    "a Python object": (
        GOOD + "metadata: !!python/object/apply:os.system ['touch pwned']\n",
        "page.yaml:8: not valid YAML",
    ),
    "a way out of the sandbox": (
        GOOD.replace("question", "\"{{ ''.__class__.__mro__[1].__subclasses__() }}\""),
        "access to attribute '__class__'",
    ),
    "globals of a helper": (
        GOOD.replace("question", "\"{{ cycler.__init__.__globals__.os.system('touch pwned') }}\""),
        "'__init__'",
    ),
    "a billion characters": (GOOD.replace("question", "\"{{ 'a' * 1000000000 }}\""), "it makes too much"),
    "a wide field": (GOOD.replace("question", "\"{{ '{:1000000000}'.format(1) }}\""), "it makes too much"),
    "loops in loops": (
        GOOD.replace(
            "question",
            "'{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}'",
        ),
        "it makes too much",
    ),
    "a long template": (GOOD.replace("question", "'{{ 1 }}" + "a" * 200_000 + "'"), "200,007 characters"),
    "a billion laughs": (
        "a: &a [1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True))
        + GOOD,
        "a page of more than 100,000 values",
    ),
    "a file of the system": (GOOD.replace("question", "\"{% include '/etc/passwd' %}\""), "no loader"),
    "rows of the network": (GOOD.replace("rows_test.jsonl", "https://example.org/rows.jsonl"), "only local files"),
    "rows of the hub": (
        GOOD.replace("path: json", "path: super_glue"),
        "'super_glue' is not one of json, csv, parquet",
    ),
    "no such file": (GOOD.replace("rows_test", "rows_nowhere"), "no such file"),
    "no such split": (
        GOOD.replace("test_split: test", "test_split: held_out"),
        "no split is called 'held_out', only test",
    ),
    "a missing column": (GOOD.replace("question", "'{{ query }}'"), "'query' is undefined; the row has answer"),
    "no gold": (GOOD.replace("doc_to_target: answer", "doc_to_target: null"), "doc_to_target: missing"),
    "a null gold": (
        GOOD.replace("doc_to_target: answer", "doc_to_target: note"),
        "doc_to_target: the row's value is null",
    ),
    "an unknown key": (GOOD + "doc_to_txt: question\n", "doc_to_txt: unknown parameter"),
    "an unknown type": (GOOD.replace("multiple_choice", "multiple_guess"), "output_type"),
    "options that are none": (GOOD.replace("choices", "solution"), "doc_to_choice: it takes a list of texts"),
    "a page that includes itself": (GOOD + "include: page.yaml\n", "it includes itself"),
    "no YAML": ("task: [1, 2\ndoc: }", "page.yaml:2: not valid YAML"),
    "no mapping": ("- a\n- b\n", "a page is a mapping"),
    "images": (GOOD + "doc_to_image: picture\n", "doc_to_image: not supported"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_refused_in_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages.write_rows(tmp_path)
    text, told = HOSTILE[name]
    (tmp_path / "page.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert main(["prompts", "page.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: page.yaml") and err.count("\n") == 1
    assert told in err
    assert sorted(tmp_path.iterdir()) == before


def test_the_page_that_the_hostile_ones_are_made_of_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages.write_rows(tmp_path)
    (tmp_path / "page.yaml").write_text(GOOD, encoding="utf-8")
    assert main(["prompts", str(tmp_path / "page.yaml"), "--limit", "2"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["doc_id"] for line in lines] == [0, 1]
    assert lines[1]["arguments"][0] == ["What is 1 + 1?", " 2"]


def test_a_function_runs_where_the_user_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages.write_rows(tmp_path)
    (tmp_path / "helpers.py").write_text("def shout(doc):\n    return doc['question'].upper()\n", encoding="utf-8")
    page = GOOD.replace("doc_to_text: question", "doc_to_text: !function helpers.shout")
    (tmp_path / "page.yaml").write_text(page, encoding="utf-8")
    assert main(["prompts", str(tmp_path / "page.yaml"), "--allow-code", "--limit", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["arguments"][0][0] == "WHAT IS 0 + 0?"


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a'|center(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 10 ** 100000000 }}",
        "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
        "{{ [1] * 1000000000 }}",
        "{{ ['a', 'b'] | map('center', 1000000000) | join }}",
        "{% set ns = namespace(s='aaaa') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='aaaa') %}{% for i in range(60) %}{% set x %}{{ ns.s }}{{ ns.s }}{% endset %}"
        "{% set ns.s = x %}{% endfor %}",
        "{% for i in t if i == 1 %}{% endfor %}{% for i in t %}{% for j in t if i == 1 %}{% endfor %}{% endfor %}",
    ],
)
def test_what_a_template_can_multiply_is_bounded(template: str) -> None:
    with pytest.raises(PipelineError, match="it makes too much"):
        render(template, {"t": "x" * 3000}, "page")


def test_a_page_without_conversations_needs_no_torch(tmp_path: Path) -> None:
    import subprocess
    import sys

    pages.write_rows(tmp_path)
    (tmp_path / "page.yaml").write_text(GOOD, encoding="utf-8")
    code = (
        "import sys\nfrom components.evaluate.harness.__main__ import main\n"
        f"assert main(['prompts', {str(tmp_path / 'page.yaml')!r}]) == 0\nassert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 7
