"""What a param is, for whoever stands before params.yaml: type, bounds, default, sentence, and what it makes stale."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from components.base.errors import ParamsError
from components.base.yaml import read_yaml
from pipelines.graph import list_stale_stages
from pipelines.param_tree import ANY_NAME, Param, Variant, read_param_tree
from pipelines.params import PARAMS_FILE
from pipelines.relevance import find_rules

ABSENT = object()


@dataclass(frozen=True)
class _Found:
    """A param, the kinds that were passed on the way to it, and its value in params.yaml."""

    param: Param
    kinds: tuple[str, ...]
    value: Any


def describe(path: str) -> str:
    """Lines about the param at a dotted path; the empty path is the whole file.

    Raises ParamsError that names what stands beside an unknown name.
    """
    names = path.split(".") if path else []
    value = read_yaml(PARAMS_FILE)
    found = [_Found(read_param_tree(), (), value)]
    for depth, name in enumerate(names):
        below = [next_one for one in found for next_one in _step(one, name)]
        if not below:
            raise ParamsError(_say_unknown(".".join(names[:depth]), name, found))
        found = below
    stale = list_stale_stages(names[0]) if names else []
    return "\n\n".join("\n".join(_write(path or str(PARAMS_FILE), one, stale)) for one in found)


def _step(one: _Found, name: str) -> Iterator[_Found]:
    """The param of this name, in each kind that has one."""
    for variant in one.param.variants:
        for param in variant.params:
            if param.name in (name, ANY_NAME):
                kinds = (*one.kinds, " or ".join(variant.kinds)) if variant.kinds else one.kinds
                yield _Found(param, kinds, _look_up(one, variant, name))


def _is_chosen(variant: Variant, record: dict[str, Any]) -> bool:
    return any(value in variant.kinds for value in record.values() if isinstance(value, str))


def _look_up(one: _Found, variant: Variant, name: str) -> Any:
    """The value that stands in params.yaml, when what stands there is of this kind."""
    if not isinstance(one.value, dict) or (variant.kinds and not _is_chosen(variant, one.value)):
        return ABSENT
    return one.value.get(name, ABSENT)


def _write(path: str, one: _Found, stale: list[str]) -> Iterator[str]:
    param = one.param
    yield path + (f"   (kind {', '.join(one.kinds)})" if one.kinds else "")
    if param.sentence:
        yield f"  {param.sentence}"
    if path != str(PARAMS_FILE):
        yield f"  type     {param.type}"
        yield f"  default  {param.default}"
    if one.value is not ABSENT and not param.variants:
        yield f"  now      {json.dumps(one.value, ensure_ascii=False)}"
    for rule in find_rules(path):
        used = rule.choice.removeprefix(path.rpartition(".")[0] + ".")
        yield f"  counts   only while {used} is {' or '.join(rule.values)}"
    if stale:
        yield f"  stale    {', '.join(stale)}"
    for variant in param.variants:
        if variant.kinds:
            yield f"  kind {' or '.join(variant.kinds)}: {variant.sentence}"
        width = max((len(child.name) for child in variant.params), default=0)
        yield from (f"    {child.name:{width}}  {_summarise(child)}" for child in variant.params)


def _summarise(child: Param) -> str:
    default = "" if child.default == "required" else f", default {child.default}"
    kind = "" if child.type == "record" else f"[{child.type}{default}] "
    return f"{kind}{child.sentence}"


def _say_unknown(parent: str, name: str, found: list[_Found]) -> str:
    known = sorted({param.name for one in found for variant in one.param.variants for param in variant.params})
    where = parent or str(PARAMS_FILE)
    if not known:
        return f"describe: {where} is a plain value: nothing stands below it"
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"describe: {where} has no {name!r}{hint}; it has {', '.join(known)}"
