"""Two files made from the config classes: a JSON schema for editors, and a page of all params for readers."""

import json
from collections.abc import Iterator
from pathlib import Path

from components.base.files import write_text
from pipelines.graph import list_stale_stages
from pipelines.param_tree import Param, Variant, read_param_tree
from pipelines.params import Params

SCHEMA_FILE = Path("docs") / "params.schema.json"
PAGE_FILE = Path("docs") / "params.md"
HEAD = """# Every param

Made by `python -m pipelines schema` from the config classes; do not edit. `python -m pipelines describe PATH` tells
the same of one param, with the value that stands in your `params.yaml`.
"""


def write_schema() -> tuple[Path, Path]:
    """Write both files; returns where they are."""
    write_text(SCHEMA_FILE, make_schema())
    write_text(PAGE_FILE, make_page())
    return SCHEMA_FILE, PAGE_FILE


def make_schema() -> str:
    """The JSON schema of params.yaml."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Params.model_json_schema()}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def make_page() -> str:
    """All params as Markdown: a heading per section, a table per kind."""
    sections = [param for variant in read_param_tree().variants for param in variant.params]
    return "\n".join([HEAD, *(line for section in sections for line in _write_section(section))]).rstrip() + "\n"


def _write_section(section: Param) -> Iterator[str]:
    stale = ", ".join(list_stale_stages(section.name))
    yield f"## `{section.name}`\n\n{section.sentence} A change makes stale: {stale}.\n"
    for variant in section.variants:
        if "external" not in variant.kinds:
            yield from _write_variant(variant, "")


def _write_variant(variant: Variant, prefix: str) -> Iterator[str]:
    """A table of what stands in it; records of several kinds follow with tables of their own."""
    title = f"{prefix} " if prefix else ""
    if variant.kinds:
        yield f"### {title}kind: `{'` or `'.join(variant.kinds)}`\n\n{variant.sentence}\n"
    rows = list(_flatten(variant, prefix))
    if rows:
        yield "| param | type | default | what it is |\n|---|---|---|---|"
        yield "\n".join(_write_row(path, param) for path, param in rows) + "\n"
    for path, param in rows:
        for below in param.variants:
            if below.kinds:
                yield from _write_variant(below, f"`{path}`")


def _flatten(variant: Variant, prefix: str) -> Iterator[tuple[str, Param]]:
    """Params of a variant by path; those of records without kinds in place of the record."""
    start = prefix.strip("`")
    for param in variant.params:
        path = f"{start}.{param.name}" if start else param.name
        if param.variants and not param.variants[0].kinds:
            for below in param.variants:
                yield from _flatten(below, path)
        else:
            yield path, param


def _write_row(path: str, param: Param) -> str:
    cells = (f"`{path}`", param.type, param.default, param.sentence)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
