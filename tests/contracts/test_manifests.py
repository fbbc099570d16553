"""What the files under infra/ name exists."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from components.base.fingerprint import DOTTED_TARGET, SourceTree
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.runtime.cluster import ClusterConfig
from pipelines.params import STAGES
from tests.contracts.source import ROOT, parse

INFRA = sorted(path for path in (ROOT / "infra").rglob("*") if path.is_file())
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE))
COMMAND_LINE = (ROOT / "pipelines" / "__main__.py").read_text(encoding="utf-8")
VERBS = set(re.findall(r'add_parser\(\s*"(\w+)"', COMMAND_LINE))


def texts() -> list[tuple[str, str]]:
    files = [*INFRA, ROOT / ".ci" / "run", ROOT / "Makefile"]
    return [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in files]


def documents(path: Path) -> list[Any]:
    return list(YAML(typ="safe").load_all(path.read_text(encoding="utf-8")))


def class_fields(module: str, name: str) -> set[str]:
    path = SourceTree(ROOT).locate(module)
    assert path is not None
    body = parse(path).body
    owner = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == name)
    return {
        node.target.id for node in owner.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def defines(module: str, name: str) -> bool:
    path = SourceTree(ROOT).locate(module)
    if path is None:
        return False
    body = parse(path).body
    return name in {getattr(node, "name", None) for node in body}


def strings(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for item in value.values() for text in strings(item)]
        case list():
            return [text for item in value for text in strings(item)]
        case _:
            return []


@pytest.mark.parametrize("path", sorted((ROOT / "infra" / "clusters").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_cluster_file_is_valid(path: Path) -> None:
    assert isinstance(validate(ClusterConfig, read_yaml(path), where=str(path)), ClusterConfig)


@pytest.mark.parametrize(("name", "kind"), [("rayjob", "RayJob"), ("rayservice", "RayService")])
def test_a_kuberay_manifest_is_of_its_kind_and_asks_for_the_pinned_ray(name: str, kind: str) -> None:
    manifest = next(doc for doc in documents(ROOT / "infra" / "ray" / f"{name}.yaml") if doc["kind"] == kind)
    cluster = manifest["spec"].get("rayClusterSpec") or manifest["spec"]["rayClusterConfig"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert f"ray=={cluster['rayVersion']}\n" in lock
    assert cluster["authOptions"] == {"mode": "token"}


def test_the_service_s_entry_point_exists() -> None:
    service = next(doc for doc in documents(ROOT / "infra" / "ray" / "rayservice.yaml") if doc["kind"] == "RayService")
    applications = YAML(typ="safe").load(service["spec"]["serveConfigV2"])["applications"]
    assert applications
    for application in applications:
        module, _, name = application["import_path"].partition(":")
        assert defines(module, name), application["import_path"]
        assert set(application["args"]) == class_fields(module, "AppSettings")


@pytest.mark.parametrize(("name", "text"), texts())
def test_every_module_target_named_exists(name: str, text: str) -> None:
    for word in re.findall(r"\b(?:components|pipelines)\.[\w.]+:\w+", text):
        assert DOTTED_TARGET.fullmatch(word)
        module, _, attribute = word.partition(":")
        assert defines(module, attribute), f"{name} names {word}"


@pytest.mark.parametrize(("name", "text"), texts())
def test_every_command_named_exists(name: str, text: str) -> None:
    for target in re.findall(r"\bmake ([a-z]+)\b(?! \w+ )", text):
        assert target in TARGETS, f"{name} names make {target}"
    for module in re.findall(r"-m (components[\w.]*)", text):
        tree = SourceTree(ROOT)
        assert tree.locate(f"{module}.__main__") or (tree.locate(module) and defines(module, "main")), module
    for verb, stage in re.findall(r"-m pipelines (\w+)(?: ([a-z]+)\b)?", text):
        assert verb in VERBS, f"{name} names {verb}"
        assert verb != "run" or stage in STAGES, f"{name} names stage {stage}"


def test_the_makefile_has_the_promised_verbs() -> None:
    assert {"help", "setup", "repro", "test", "check", "bench", "serve", "chat", "report", "clean"} <= TARGETS
