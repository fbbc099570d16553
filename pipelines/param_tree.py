"""Every param as its config class declares it: type, bounds, default and sentence, read from the JSON schema."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pipelines.params import Params

Schema = dict[str, Any]
NO_DEFAULT = "required"
ANY_NAME = "<name>"
"""Stands for the names of a mapping, which the user chooses."""


@dataclass(frozen=True)
class Variant:
    """One form of a record: that of a kind (or of some), or the only one."""

    kinds: tuple[str, ...]
    sentence: str
    params: tuple["Param", ...]


@dataclass(frozen=True)
class Param:
    """A name in params.yaml; a plain value has no variants, and a mapping one param for all of its names."""

    name: str
    type: str
    default: str
    sentence: str
    variants: tuple[Variant, ...] = ()


def read_param_tree(model: type[BaseModel] = Params) -> Param:
    """The params as a tree under one nameless root."""
    schema = model.model_json_schema()
    return _read_param("", schema, schema.get("$defs", {}), required=True)


def _read_param(name: str, schema: Schema, definitions: dict[str, Schema], *, required: bool) -> Param:
    return Param(
        name=name,
        type=_name_type(schema, definitions),
        default=NO_DEFAULT if required else json.dumps(schema.get("default"), ensure_ascii=False),
        sentence=_read_sentence(schema) or _read_sentence(_resolve(schema, definitions)),
        variants=tuple(_read_variants(schema, definitions)),
    )


def _read_variants(schema: Schema, definitions: dict[str, Schema]) -> Iterator[Variant]:
    """The records that may stand at a place, or in a list there."""
    key = schema.get("discriminator", {}).get("propertyName")
    options: list[Schema] = schema.get("oneOf") or schema.get("anyOf") or [schema]
    for option in options:
        record = _resolve(option, definitions)
        if record.get("type") == "array":
            yield from _read_variants(record["items"], definitions)
        elif "oneOf" in record:
            yield from _read_variants(record, definitions)
        elif entries := _find_entries(record, definitions):
            yield Variant((), "", (_read_param(ANY_NAME, entries, definitions, required=True),))
        elif "properties" in record:
            required = record.get("required", [])
            yield Variant(
                kinds=_list_kinds(record["properties"][key]) if key else (),
                sentence=_read_sentence(record),
                params=tuple(
                    _read_param(name, child, definitions, required=name in required)
                    for name, child in record["properties"].items()
                    if name != key or "const" not in child
                ),
            )


def _find_entries(mapping: Schema, definitions: dict[str, Schema]) -> Schema | None:
    """The record that stands under each name of a mapping; None where there is none."""
    found = next(iter(mapping.get("patternProperties", {}).values()), mapping.get("additionalProperties"))
    is_record = isinstance(found, dict) and {"properties", "oneOf"} & set(_resolve(found, definitions))
    return found if is_record else None


def _resolve(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    if "$ref" not in schema:
        return schema
    return definitions[schema["$ref"].rsplit("/", maxsplit=1)[-1]]


def _read_sentence(schema: Schema) -> str:
    return " ".join(str(schema.get("description", "")).split())


def _list_kinds(schema: Schema) -> tuple[str, ...]:
    return tuple(schema.get("enum") or [schema["const"]])


def _name_type(schema: Schema, definitions: dict[str, Schema]) -> str:
    if "discriminator" in schema:
        return f"one of {len(schema['oneOf'])} kinds"
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(_name_type(option, definitions) for option in schema["anyOf"])
    if "$ref" in schema:
        return _name_type(_resolve(schema, definitions), definitions)
    return _name_plain_type(schema, definitions)


def _name_plain_type(schema: Schema, definitions: dict[str, Schema]) -> str:
    kind = str(schema.get("type", "anything"))
    match kind:
        case "array":
            some = " (not empty)" if "minItems" in schema else ""
            return f"list of {_name_type(schema['items'], definitions)}{some}"
        case "integer" | "number":
            return kind + _name_bounds(schema)
        case "object":
            return "record" if "properties" in schema else "mapping"
        case _:
            return kind


def _name_bounds(schema: Schema) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {schema[name]:g}" for name, sign in signs.items() if name in schema]
    return f" {', '.join(bounds)}" if bounds else ""
