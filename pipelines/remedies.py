"""What would make a stage take less memory: one changed setting each, in the words in which it is set."""

from collections.abc import Iterator
from typing import TypeVar

from components.base.config import Config, ExternalConfig
from components.sft.config import FullSftConfig, LoraSftConfig
from components.training.config import LoraAdapter, NoAdapter
from pipelines.memory_of_stages import Setting

TRAINED = ("pretrain", "sft", "reward", "align")
MOST_WORKERS = 64
RANK = 16
ConfigT = TypeVar("ConfigT", bound=Config)


def list_remedies(stage: str, setting: Setting) -> Iterator[tuple[str, Setting]]:
    """Words for a changed setting, and the setting; whether it suffices is another's question."""
    if stage in TRAINED:
        yield from _spare_activations(setting)
        yield from _compute_in_bfloat16(stage, setting)
        yield from _take_adapters(stage, setting)
        yield from _take_workers(setting)
        yield from _sample_on_engines(stage, setting)
    else:
        yield from _read_in_bfloat16(setting)
        yield from _bound_served_texts(stage, setting)


def _spare_activations(setting: Setting) -> Iterator[tuple[str, Setting]]:
    train = setting.cluster.train
    for tokens in (train.micro_batch_tokens // 2, train.micro_batch_tokens // 8, 1):
        changed = _change_train(setting, micro_batch_tokens=max(1, tokens))
        words = f"train.micro_batch_tokens {tokens}" if tokens > 1 else "train.micro_batch_tokens of one text"
        yield f"{words} in the cluster file", changed
    if not train.activation_checkpointing:
        changed = _change_train(setting, activation_checkpointing=True)
        yield "train.activation_checkpointing true in the cluster file", changed


def _compute_in_bfloat16(stage: str, setting: Setting) -> Iterator[tuple[str, Setting]]:
    section = getattr(setting.params, stage)
    holder = section if stage == "align" else section.training
    if holder.precision == "fp32":
        changed = holder.model_copy(update={"precision": "bf16"})
        where = "align.precision" if stage == "align" else f"{stage}.training.precision"
        yield f"{where} bf16", _change(setting, stage, changed if stage == "align" else _put(section, training=changed))


def _take_adapters(stage: str, setting: Setting) -> Iterator[tuple[str, Setting]]:
    section = getattr(setting.params, stage)
    if isinstance(section, FullSftConfig):
        fields = {**section.model_dump(), "kind": "lora", "rank": RANK, "alpha": 2.0 * RANK, "dropout": 0.0}
        adapted = LoraSftConfig.model_validate({**fields, "target_modules": "all-linear"})
        yield f"sft.kind lora (rank {RANK})", _change(setting, stage, adapted)
    if isinstance(getattr(section, "adapter", None), NoAdapter):
        adapter = LoraAdapter(kind="lora", rank=RANK, alpha=2.0 * RANK, target_modules="all-linear")
        yield f"{stage}.adapter.kind lora (rank {RANK})", _change(setting, stage, _put(section, adapter=adapter))


def _take_workers(setting: Setting) -> Iterator[tuple[str, Setting]]:
    """More of them help where each has memory of its own."""
    workers = max(1, setting.cluster.train.num_workers)
    while setting.cluster.ray.address != "local" and workers < MOST_WORKERS:
        workers *= 2
        yield f"train.num_workers {workers} in the cluster file", _change_train(setting, num_workers=workers)


def _sample_on_engines(stage: str, setting: Setting) -> Iterator[tuple[str, Setting]]:
    """Where each worker would hold a whole copy of the policy, and there are other machines for engines."""
    cluster, inference = setting.cluster, setting.cluster.inference
    apart = cluster.train.num_workers > 1 and cluster.ray.address != "local"
    if stage == "align" and apart and not inference.take_beside_training().engines:
        beside = _put(inference, engines=max(1, inference.engines), engines_beside_training=1)
        changed = setting._replace(cluster=_put(cluster, inference=beside))
        yield "inference.engines_beside_training 1 in the cluster file", changed


def _read_in_bfloat16(setting: Setting) -> Iterator[tuple[str, Setting]]:
    shared = setting.params.shared
    inference = _put(shared.inference, dtype="bfloat16")
    yield "shared.inference.dtype bfloat16", _change(setting, "shared", _put(shared, inference=inference))


def _bound_served_texts(stage: str, setting: Setting) -> Iterator[tuple[str, Setting]]:
    cfg = setting.params.serve
    if stage == "serve" and not isinstance(cfg, ExternalConfig):
        changed = _put(cfg, cache_bytes=cfg.cache_bytes // 4)
        yield f"serve.cache_bytes {changed.cache_bytes}", _change(setting, stage, changed)


def _put(cfg: ConfigT, **fields: object) -> ConfigT:
    return cfg.model_copy(update=fields)


def _change(setting: Setting, section: str, cfg: Config) -> Setting:
    return setting._replace(params=_put(setting.params, **{section: cfg}))


def _change_train(setting: Setting, **fields: object) -> Setting:
    return setting._replace(cluster=_put(setting.cluster, train=_put(setting.cluster.train, **fields)))
