"""What a worker holds of a model falls with the number of workers, from reading it to writing it."""

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import start_processes
from transformers import LlamaConfig, LlamaForCausalLM

from components.base.files import read_json, write_json
from components.parallel.config import FsdpConfig
from components.parallel.fsdp import shard_model
from components.parallel.mesh import build_mesh
from components.runtime.allocator import return_freed_memory
from components.runtime.folder import save_model
from components.runtime.outline import outline_folder
from components.runtime.sharded_save import save_sharded
from components.text.tokenizer import load_tokenizer
from tests.peak_memory import read_peak_bytes
from tests.tiny import make_tokenizer

pytestmark = pytest.mark.slow

WORLDS = (1, 2, 4)
LAYERS, WIDTH = 20, 320
FILE_BYTES = 1 << 24
MIB = 1 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = make_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=5,
        max_position_embeddings=64,
    )
    found = tmp_path_factory.mktemp("of_many_layers") / "model"
    save_model(LlamaForCausalLM._from_config(config, dtype=torch.bfloat16), tokenizer, found)
    return found


def measure(rank: int, world: int, folder: Path, out: Path) -> None:
    """What a worker does: read its share, train all of it for a step, and write."""
    torch.set_num_threads(1)
    return_freed_memory()  # as the loop of every worker that is one of several
    dist.init_process_group("gloo", init_method=f"file://{out}/store", rank=rank, world_size=world)
    mesh, tokenizer = build_mesh(FsdpConfig(kind="fsdp")), load_tokenizer(folder)
    before, found = read_peak_bytes(), []
    outline, _ = outline_folder(folder, "float32", ours=True)
    model = shard_model(outline.model, mesh)
    outline.fill()
    found.append(read_peak_bytes() - before)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    ids = torch.arange(3, 19)[None]
    model(input_ids=ids, labels=ids).loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    del optimizer
    found.append(read_peak_bytes() - before)
    save_sharded(outline.model, tokenizer, out / "model", mesh, file_bytes=FILE_BYTES)
    found.append(read_peak_bytes() - before)
    write_json(out / f"{rank}.json", found)
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def peaks(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[list[int]]]:
    """Bytes of each worker after it has read, trained and written, beside what it began with."""
    found = {}
    for world in WORLDS:
        out = tmp_path_factory.mktemp(f"of_{world}")
        start_processes(measure, (world, folder, out), nprocs=world, start_method="spawn")  # type: ignore[no-untyped-call]
        found[world] = [read_json(out / f"{rank}.json") for rank in range(world)]
        assert sum(path.stat().st_size for path in (out / "model").glob("*.safetensors")) >= 4 * count(folder)
    return found


def count(folder: Path) -> int:
    """Parameters of the model, which is written in two bytes each, or a few less."""
    return (folder / "model.safetensors").stat().st_size // 2 - 10_000


def test_a_worker_reads_its_share_and_no_more(peaks: dict[int, list[list[int]]], folder: Path) -> None:
    whole = 4 * count(folder)
    for world, workers in peaks.items():
        for read, _, _ in workers:
            assert read < whole / world + 40 * MIB


def test_a_worker_trains_its_share(peaks: dict[int, list[list[int]]], folder: Path) -> None:
    """Weights, gradients and AdamW's two moments."""
    one, two, four = (max(trained for _, trained, _ in peaks[world]) for world in WORLDS)
    assert one > 4 * 4 * count(folder)
    assert two < 0.65 * one and four < 0.45 * one


def test_writing_takes_no_more_than_training_did(peaks: dict[int, list[list[int]]]) -> None:
    for workers in peaks.values():
        for _, trained, written in workers:
            assert written < trained + 3 * FILE_BYTES
