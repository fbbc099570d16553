"""A pool of engines on a local Ray answers as one engine does, and loses no answer with an engine."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from components.base.errors import ArtifactError, PipelineError
from components.generation import ray_pool
from components.generation.engine_actor import EngineActor
from components.generation.pool import LocalPool, Pool, generate_answers, open_pool
from components.generation.ray_pool import RayPool
from components.generation.sampling import SamplingParams
from components.model.config import InferenceConfig
from components.runtime.cluster import read_cluster
from components.runtime.folder import load_folder
from components.runtime.on_device import run_on_device
from components.runtime.session import ray_session
from components.text.tokenizer import load_tokenizer
from tests.stages.tiny_models import write_tiny_model
from tests.trees import ROOT

pytestmark = pytest.mark.ray
INFERENCE = InferenceConfig()
PROMPTS = [[5 + i % 40, 6, *range(7, 7 + i % 9)] for i in range(60)]
SAMPLING = [SamplingParams(4 + i % 37, temperature=float(i % 2), seed=i) for i in range(60)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cluster file for four engines, on a Ray that says it has the cores."""
    path = tmp_path_factory.mktemp("cluster") / "four.yaml"
    text = (ROOT / "infra" / "clusters" / "inprocess.yaml").read_text(encoding="utf-8")
    text = text.replace("num_cpus: 2", "num_cpus: 5") + "inference: {engines: 4, max_failures: 9}\n"
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLUSTER", str(path))
        with ray_session():
            yield


@pytest.fixture(scope="module")
def pool(folder: Path, cluster: None) -> Iterator[RayPool]:
    with open_pool(folder, INFERENCE) as opened:
        assert isinstance(opened, RayPool)
        yield opened


@pytest.fixture
def alone(folder: Path) -> LocalPool:
    return LocalPool(*load_folder(folder))


def ask(pool: Pool, times: int = 1) -> list[tuple[str, list[int]]]:
    answers = generate_answers(pool, PROMPTS * times, SAMPLING * times, what="answers")
    return [(answer.text, answer.completion.whole_ids) for answer in answers]


def count_parameters(model: PreTrainedModel) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def refuse(_: PreTrainedModel) -> None:
    raise ArtifactError("no such thing")


def read_pid(_: PreTrainedModel) -> int:
    return os.getpid()


def kill_soon(pid: int) -> None:
    time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)


def test_four_engines_say_what_one_says(pool: RayPool, alone: LocalPool) -> None:
    assert ask(pool) == ask(alone)
    assert pool.context == alone.context
    assert pool.run(count_parameters) == count_parameters(alone.model)


def test_a_refusal_comes_back_as_it_was_said(pool: RayPool, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no such thing"):
        pool.run(refuse)
    with pytest.raises(ArtifactError, match=r"config\.json is missing"):
        run_on_device(load_folder, tmp_path)


def test_a_killed_engine_loses_no_answer(pool: RayPool, alone: LocalPool) -> None:
    victim = threading.Thread(target=kill_soon, args=[pool.run(read_pid)])
    victim.start()
    found = ask(pool, times=4)
    victim.join()
    assert found == ask(alone, times=4)


def test_engines_answer_with_the_weights_they_were_given_last(pool: RayPool, alone: LocalPool) -> None:
    with torch.no_grad():
        for parameter in alone.model.parameters():
            parameter.mul_(-1.0)
    parts = [{name: value} for name, value in alone.model.state_dict().items()]
    pool.load_state(parts[:3])
    pool.load_state(parts)
    os.kill(pool.run(read_pid), signal.SIGKILL)  # the engine in its place has them, too
    assert ask(pool) == ask(alone)


def test_an_engine_answers_with_no_other_version_of_its_weights_than_the_one_asked_for(folder: Path) -> None:
    engine = EngineActor(partial(load_folder, folder), threads=torch.get_num_threads(), folder=str(Path.cwd()))
    engine.load_state((1, 1), {})
    how = {"max_len": 8, "slots": 1, "at_least": 1}
    assert engine.advance(0, [], weights=(1, 1), **how) == []
    for other in ((0, 0), (1, 2), (2, 1)):
        with pytest.raises(AssertionError, match=r"and \(1, 1\) are here"):
            engine.advance(0, [], weights=other, **how)
    with pytest.raises(AssertionError, match=r"\(2, 2\) does not follow \(1, 1\)"):
        engine.load_state((2, 2), {})
    with pytest.raises(AssertionError, match="no weights of this model"):
        engine.load_state((2, 1), {"another": torch.zeros(1)})


def test_engines_that_find_no_room_are_given_up_in_one_line(
    folder: Path, cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_pool, "ROOM_TIMEOUT_S", 0.5)
    told = read_cluster().inference.model_copy(update={"engines": 6})
    with pytest.raises(PipelineError, match=r"inference\.engines: 6 found no room in the cluster within 0\.5 s"):
        RayPool(partial(load_folder, folder), load_tokenizer(folder), told)


def test_engines_that_keep_dying_are_given_up_in_one_line(folder: Path, cluster: None) -> None:
    told = read_cluster().inference.model_copy(update={"engines": 1, "max_failures": 0})
    with closing(RayPool(partial(load_folder, folder), load_tokenizer(folder), told)) as pool:
        os.kill(pool.run(read_pid), signal.SIGKILL)
        with pytest.raises(PipelineError, match=r"1 engines were lost, and the cluster file forgives 0"):
            ask(pool)


def test_work_on_a_device_is_done_in_the_folder_of_who_asks(
    folder: Path, cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert run_on_device(os.getcwd) == str(folder)
    assert run_on_device(os.getpid) != os.getpid()


def test_engines_that_the_private_ray_cannot_hold_are_refused(
    folder: Path, cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.yaml"
    text = (ROOT / "infra" / "clusters" / "inprocess.yaml").read_text(encoding="utf-8")
    path.write_text(text + "inference: {engines: 3}\n", encoding="utf-8")
    monkeypatch.setenv("CLUSTER", str(path))
    told = r"inference\.engines 3 .* need 3, and the private Ray has ray\.num_cpus 2"
    with pytest.raises(PipelineError, match=told), open_pool(folder, INFERENCE):
        pass
