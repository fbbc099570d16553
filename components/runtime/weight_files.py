"""Weights of a model folder, read a layer at a time: a process then never holds more than one besides its own share."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from components.base.errors import ArtifactError
from components.base.files import read_json

State = dict[str, Tensor]
SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
"""Where a folder keeps its weights: in one file, or in several that an index names."""
DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}
"""What safetensors calls the dtypes that a network is trained in."""
_LAYER = re.compile(r"^(.*?\.\d+)\.")


class WeightFiles:
    """What weights a folder has, told from the files' headers; raises ArtifactError for files that are damaged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file_of = _find_files(folder)
        self.outline: State = {}
        """Every tensor without its numbers, on the meta device."""
        for file in sorted(set(self._file_of.values())):
            with _open(folder / file) as weights:
                for name in weights.keys():  # noqa: SIM118  # no mapping
                    part = weights.get_slice(name)
                    dtype = DTYPES.get(part.get_dtype(), torch.uint8)
                    self.outline[name] = torch.empty(part.get_shape(), dtype=dtype, device="meta")

    def read_layers(self) -> Iterator[State]:
        """The tensors of one layer after another, and all that belongs to none in one piece at the end."""
        for names in group_by_layer(self.outline).values():
            yield self._read(names)

    def _read(self, names: list[str]) -> State:
        """A file is opened anew each time: pages that were read count as this process's while it stays open."""
        state: State = {}
        for file in {self._file_of[name]: None for name in names}:
            with _open(self._folder / file) as weights:
                state |= {name: weights.get_tensor(name) for name in names if self._file_of[name] == file}
        return state


def group_by_layer(names: Iterable[str]) -> dict[str, list[str]]:
    """Names by the layer that they lie in; those outside of all layers come last, under no name."""
    groups: dict[str, list[str]] = {}
    outside: list[str] = []
    for name in names:
        found = _LAYER.match(name)
        (groups.setdefault(found[1], []) if found else outside).append(name)
    return {**groups, "": outside} if outside else groups


def _find_files(folder: Path) -> dict[str, str]:
    """The file that each tensor is in; none for a folder whose weights are in another format."""
    if (folder / INDEX).is_file():
        return {str(name): str(file) for name, file in read_json(folder / INDEX)["weight_map"].items()}
    if not (folder / SINGLE).is_file():
        return {}
    with _open(folder / SINGLE) as weights:
        return {str(name): SINGLE for name in weights.keys()}  # noqa: SIM118  # no mapping


def _open(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise ArtifactError(f"{path.parent}: the model cannot be read: {str(error).splitlines()[0]}") from None
