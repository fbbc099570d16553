"""The networks of alignment: one set of weights for training, sampling and reference, however they are held."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor

from components.align.config import ValueHeadConfig
from components.align.likelihood import ResponseLikelihood
from components.align.models import Fit, PpoModels
from components.align.texts import Texts
from components.base.files import read_json
from components.model.config import Dtype
from components.parallel import fsdp
from components.parallel.config import FsdpConfig
from components.parallel.mesh import Mesh, build_mesh
from components.runtime.folder import load_folder
from components.scoring.logprobs import gather_logprobs, measure_entropy
from components.training.config import Adapter, LoraAdapter, NoAdapter
from tests.stages.test_align import TOKENIZER, write_reward
from tests.tiny import make_model, write_model

LORA = LoraAdapter(kind="lora", rank=4, alpha=8.0, target_modules="all-linear")
VALUE = ValueHeadConfig(kind="head", learning_rate=1e-3)
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


@pytest.fixture(params=[0, 1 << 30], ids=["by layers", "as one unit"])
def mesh(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mesh]:
    monkeypatch.setattr(fsdp, "SMALL_PARAMETERS", max(request.param, 1000))
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield build_mesh(FsdpConfig(kind="fsdp"))
    dist.destroy_process_group()


def make_texts(rows: int = 5) -> Texts:
    drawn = torch.randint(5, 300, (rows, 14), generator=torch.Generator().manual_seed(0))
    mask = (torch.arange(8) < torch.arange(8, 8 - rows, -1)[:, None]).float()
    return Texts(drawn, torch.full((rows,), 6), mask, mask)


def build(folder: Path, mesh: Mesh, adapter: Adapter, *, dtype: Dtype = "float32", **changes: Any) -> PpoModels:
    if not (folder / "sft").exists():
        write_model(TOKENIZER, folder / "sft")
        write_reward(folder / "reward")
    fit = Fit(adapter, dtype, **{"micro_batch_tokens": 8192, "recompute": False, "seed": 3, **changes})
    return PpoModels(folder / "sft" / "model", folder / "reward" / "model", mesh, fit, value=VALUE)


def take_step(models: PpoModels, texts: Texts) -> None:
    """One step of plain gradient descent on the likelihood of the responses."""
    models.forward_policy(texts).logprobs_BA.sum().backward()  # type: ignore[no-untyped-call]
    trained = [p for p in models.policy.parameters() if p.requires_grad]
    torch.optim.SGD(trained, lr=1e-2).step()
    models.policy.zero_grad()


@pytest.mark.parametrize("adapter", [NoAdapter(kind="none"), LORA], ids=["none", "lora"])
def test_sampler_and_trainer_share_the_weights_and_the_reference_keeps_those_of_the_beginning(
    adapter: Adapter, tmp_path: Path, mesh: Mesh
) -> None:
    models, texts = build(tmp_path, mesh, adapter), make_texts()
    before = models.policy_logprobs(texts)
    assert torch.equal(models.reference_logprobs(texts), before)
    for _ in range(2):
        take_step(models, texts)
    after = models.policy_logprobs(texts)
    models.refresh_rollout_policy()
    sampler = models.rollout_policy
    assert (after - before).abs().max() > 1e-2
    assert torch.equal(models.reference_logprobs(texts), before)
    with torch.no_grad():
        logits = sampler(input_ids=texts.ids_BT, logits_to_keep=texts.places_BA).logits
    seen = gather_logprobs(logits, texts.targets_BA) * texts.mask_BA
    torch.testing.assert_close(seen, after, atol=1e-4, rtol=1e-4)
    for module in models.policy.modules():
        if isinstance(module, FSDPModule):
            module.reshard()
    stored = {p.to_local().data_ptr() for p in models.policy.parameters() if isinstance(p, DTensor)}
    assert {p.data_ptr() for p in sampler.parameters()} <= stored, "the sampler takes no memory of its own"


def test_a_policy_is_saved_in_float32_whatever_it_was_multiplied_in(tmp_path: Path, mesh: Mesh) -> None:
    models, texts = build(tmp_path, mesh, NoAdapter(kind="none"), dtype="bfloat16"), make_texts()
    take_step(models, texts)
    models.policy_logprobs(texts)  # as after a pass without gradients, which leaves a root whole
    models.save_policy(tmp_path / "out", probe=[7, 8, 9])
    saved, _ = load_folder(tmp_path / "out" / "model", "own")
    before, _ = load_folder(tmp_path / "sft" / "model", "own")
    assert read_json(tmp_path / "out" / "model" / "config.json")["dtype"] == "float32"
    for one, other in zip(saved.parameters(), before.parameters(), strict=True):
        assert one.dtype == torch.float32 and not torch.equal(one, one.bfloat16().float())
        torch.testing.assert_close(one, other, atol=0.5, rtol=0.5)


def test_an_adapter_leaves_the_base_as_it_was_and_is_saved_merged_and_beside(tmp_path: Path, mesh: Mesh) -> None:
    models, texts = build(tmp_path, mesh, LORA), make_texts()
    for _ in range(2):
        take_step(models, texts)
    wanted = models.policy_logprobs(texts)
    models.save_policy(tmp_path / "out", probe=[7, 8, 9])
    merged, _ = load_folder(tmp_path / "out" / "model")
    with torch.no_grad():
        logits = merged(input_ids=texts.ids_BT, logits_to_keep=texts.places_BA).logits
    seen = gather_logprobs(logits, texts.targets_BA) * texts.mask_BA
    torch.testing.assert_close(seen, wanted, atol=1e-4, rtol=1e-4)
    assert (tmp_path / "out" / "adapter" / "adapter_config.json").is_file()


@pytest.mark.parametrize("adapter", [NoAdapter(kind="none"), LORA], ids=["none", "lora"])
def test_recomputed_layers_give_the_same_gradients(adapter: Adapter, tmp_path: Path, mesh: Mesh) -> None:
    texts, found = make_texts(), []
    for recompute in (False, True):
        models = build(tmp_path, mesh, adapter, recompute=recompute)
        models.forward_policy(texts).logprobs_BA.square().sum().backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in models.policy.parameters() if p.grad is not None]
        found.append([g.full_tensor() for g in gradients if isinstance(g, DTensor)])
    assert found[0] and len(found[0]) == len(found[1])
    for one, two in zip(*found, strict=True):
        torch.testing.assert_close(one, two, atol=1e-6, rtol=1e-4)


def test_as_many_texts_go_through_at_once_as_fit_and_one_always(tmp_path: Path, mesh: Mesh) -> None:
    texts = make_texts()  # of fourteen tokens
    for tokens, sequences in ((10, 1), (28, 2), (60, 4), (8192, 16)):
        models = build(tmp_path, mesh, NoAdapter(kind="none"), micro_batch_tokens=tokens)
        assert models.count_sequences(texts) == sequences


def test_likelihood_without_logits_is_that_of_all_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three rows; entropy and gradient too."""
    monkeypatch.setattr("components.scoring.logprobs.CHUNK_ENTRIES", 3 * len(TOKENIZER))
    texts, found = make_texts(), []
    for whole in (False, True):
        model = make_model(TOKENIZER)
        if whole:
            logits = model(input_ids=texts.ids_BT, logits_to_keep=texts.places_BA).logits
            logprobs, entropy = gather_logprobs(logits, texts.targets_BA), measure_entropy(logits.flatten(0, 1))
        else:
            scored = ResponseLikelihood(model)(texts.ids_BT, texts.places_BA, texts.targets_BA, None)
            logprobs, entropy = scored.logprobs_BA, scored.entropy_BA.flatten()
        logprobs.square().sum().backward()  # type: ignore[no-untyped-call]
        found.append((logprobs, entropy, *(p.grad for p in model.parameters())))
    for one, two in zip(*found, strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


def test_a_model_that_does_more_to_its_logits_than_its_head_is_asked_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model, texts = make_model(TOKENIZER), make_texts()
    plain = model.forward

    def capped(**inputs: Any) -> Any:
        found = plain(**inputs)
        found.logits = 2.0 * torch.tanh(found.logits / 2.0)
        return found

    monkeypatch.setattr(model, "forward", capped)
    scored = ResponseLikelihood(model)(texts.ids_BT, texts.places_BA, texts.targets_BA, None)
    logits = capped(input_ids=texts.ids_BT, logits_to_keep=texts.places_BA).logits
    torch.testing.assert_close(scored.logprobs_BA, gather_logprobs(logits, texts.targets_BA))


def test_a_base_under_an_adapter_and_frozen_networks_keep_their_dtype_and_what_is_trained_is_float32(
    tmp_path: Path, mesh: Mesh
) -> None:
    write_model(TOKENIZER, tmp_path / "sft")
    write_reward(tmp_path / "reward")
    config = tmp_path / "sft" / "model"
    model, _ = load_folder(config)
    model.to(torch.bfloat16).save_pretrained(config)
    models = build(tmp_path, mesh, LORA, dtype="bfloat16")
    dtypes = {p.requires_grad: p.dtype for p in models.policy.parameters()}
    assert dtypes == {True: torch.float32, False: torch.bfloat16}
    full = build(tmp_path, mesh, NoAdapter(kind="none"), dtype="bfloat16")
    assert {p.dtype for p in full.policy.parameters()} == {torch.float32}
    assert full._reference is not None and {p.dtype for p in full._reference.parameters()} == {torch.bfloat16}
