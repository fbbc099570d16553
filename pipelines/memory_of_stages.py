"""Which networks each stage holds at one time, and what they take.

Texts are taken to be half as long as the rows that the model is tuned on, which hold several conversations: nobody
knows before the data are read.
"""

from collections.abc import Callable
from typing import NamedTuple

from components.align.config import ModelReward, PpoConfig, ValueNetworkConfig
from components.base.config import ExternalConfig
from components.model.size import ModelSize
from components.runtime.cluster import ClusterConfig
from components.sft.config import LoraSftConfig
from components.training.config import LoraAdapter
from components.training.memory import MASTER_BYTES, Parts, Training, count_activations, count_cache, count_training
from pipelines.params import Params


class Setting(NamedTuple):
    """What an estimate is made of."""

    params: Params
    cluster: ClusterConfig
    size: ModelSize


class Needs(NamedTuple):
    """What a stage's processes take, and how many of each there are."""

    worker: Parts
    """Of a training worker, or of a replica of the served model."""
    workers: int
    process: Parts
    """Of the stage's own process, before and after its workers."""
    engine: Parts = {}  # noqa: RUF012
    """Of an engine that samples beside the workers."""
    engines: int = 0


ENGINE_TEXTS = 128
"""Texts that run together in an engine, at most (components/generation/offline.py)."""
ENGINE_CACHE_BYTES = float(1 << 32)
"""Keys and values of an engine, at most (as there)."""
FORWARD_SEQUENCES = 16
"""Texts of one forward pass of alignment, at most (components/align/texts.py)."""
INT8_BYTES = 2
"""Of a weight: large ones are held plain, and once more as a CPU multiplies them."""
USUAL_TOKENS = 256
"""Of a text, where no config says how long texts are."""


def _need_pretraining(setting: Setting) -> Needs:
    params, train, size = setting.params, setting.cluster.train, setting.size
    cfg = params.pretrain
    assert not isinstance(cfg, ExternalConfig)
    if not cfg.training.total_tokens:
        return Needs({"weights": size.parameters * MASTER_BYTES}, train.num_workers, _read_model(setting))
    workers = max(1, train.num_workers)
    share = max(cfg.training.seq_len, cfg.training.global_batch_tokens // workers)
    how = Training(
        workers=workers,
        precision=cfg.training.precision,
        optimization=cfg.training.optimization,
        tokens=max(cfg.training.seq_len, min(train.micro_batch_tokens, share)),
        recompute=train.activation_checkpointing,
        logits=not size.own,
    )
    return Needs(count_training(size, how), train.num_workers, _read_model(setting))


def _need_tuning(setting: Setting) -> Needs:
    params, train, size = setting.params, setting.cluster.train, setting.size
    cfg = params.sft
    assert not isinstance(cfg, ExternalConfig)
    workers = max(1, train.num_workers)
    how = Training(
        workers=workers,
        precision=cfg.training.precision,
        optimization=cfg.training.optimization,
        tokens=max(cfg.seq_len, min(train.micro_batch_tokens, cfg.training.batch_size * cfg.seq_len // workers)),
        recompute=train.activation_checkpointing,
        adapter_rank=cfg.rank if isinstance(cfg, LoraSftConfig) else None,
        frozen_bytes=size.stored_bytes if cfg.training.precision == "bf16" else MASTER_BYTES,
    )
    return Needs(count_training(size, how), train.num_workers, _ask_model(setting, cfg.evaluation.max_new_tokens))


def _need_pairs(setting: Setting) -> Needs:
    return Needs({}, 0, _ask_model(setting, 0))


def _need_reward(setting: Setting) -> Needs:
    params, train = setting.params, setting.cluster.train
    cfg = params.reward
    assert not isinstance(cfg, ExternalConfig)
    workers, pair = max(1, train.num_workers), 2 * _count_longest(setting)
    how = Training(
        workers=workers,
        precision=cfg.training.precision,
        optimization=cfg.training.optimization,
        tokens=max(pair, min(train.micro_batch_tokens, cfg.training.batch_size * pair // workers)),
        recompute=train.activation_checkpointing,
        adapter_rank=cfg.adapter.rank if isinstance(cfg.adapter, LoraAdapter) else None,
        frozen_bytes=setting.size.stored_bytes if cfg.training.precision == "bf16" else MASTER_BYTES,
    )
    return Needs(count_training(setting.size, how), train.num_workers, _read_model(setting))


def _need_alignment(setting: Setting) -> Needs:
    params, train, size = setting.params, setting.cluster.train, setting.size
    cfg = params.align
    assert not isinstance(cfg, ExternalConfig)
    workers, longest = max(1, train.num_workers), _count_longest(setting)
    adapter = cfg.adapter if isinstance(cfg.adapter, LoraAdapter) else None
    own_bytes = MASTER_BYTES if cfg.precision == "fp32" else size.stored_bytes
    read_bytes = MASTER_BYTES if cfg.precision == "fp32" else 2
    sequences = max(1, min(FORWARD_SEQUENCES, train.micro_batch_tokens // longest))
    how = Training(
        workers=workers,
        precision=cfg.precision,
        optimization=cfg.optimization,
        tokens=sequences * longest,
        recompute=train.activation_checkpointing,
        adapter_rank=adapter.rank if adapter else None,
        frozen_bytes=own_bytes,
    )
    held = {f"policy's {name}": value for name, value in count_training(size, how).items()}
    if adapter is None:
        held["reference"] = size.parameters * read_bytes / workers
    if isinstance(cfg, PpoConfig):
        if isinstance(cfg.reward, ModelReward):
            held["reward model"] = size.parameters * read_bytes / workers
        if isinstance(cfg.value, ValueNetworkConfig):
            network = count_training(size, how._replace(adapter_rank=None))
            held |= {f"value network's {name}": value for name, value in network.items()}
    inference = setting.cluster.inference.take_beside_training()
    sampler = _count_sampler(setting, inference.engines or workers, entry_bytes=own_bytes if adapter else MASTER_BYTES)
    if inference.engines:
        return Needs(held, train.num_workers, _read_model(setting), sampler, inference.engines)
    if workers == 1:
        del sampler["policy that samples"]  # it shares the weights that are trained
    return Needs(held | sampler, train.num_workers, _read_model(setting))


def _count_sampler(setting: Setting, samplers: int, *, entry_bytes: int) -> Parts:
    """Of a process that samples from the policy, of so many."""
    cfg, size = setting.params.align, setting.size
    found = {"policy that samples": float(size.parameters * entry_bytes)}
    if isinstance(cfg, PpoConfig):
        texts = min(ENGINE_TEXTS, max(1, cfg.rollout.prompts_per_iteration // samplers))
        found["keys and values"] = _count_keys(setting, texts, _count_longest(setting), entry_bytes=entry_bytes)
    return found


def _need_quantization(setting: Setting) -> Needs:
    cfg = setting.params.quantize
    assert not isinstance(cfg, ExternalConfig)
    copies = {"float32 weights": MASTER_BYTES, "bfloat16 weights": 2, "INT8 weights": INT8_BYTES}
    held = {name: float(setting.size.parameters * entry) for name, entry in copies.items()}
    keys = _ask_model(setting, cfg.quality.max_new_tokens)["keys and values"]
    return Needs({}, 0, held | {"keys and values": keys})


def _need_evaluation(setting: Setting) -> Needs:
    cfg = setting.params.evaluate
    assert not isinstance(cfg, ExternalConfig)
    return Needs({}, 0, _ask_model(setting, cfg.cot_max_new_tokens))


def _need_prompting(setting: Setting) -> Needs:
    cfg = setting.params.icl
    assert not isinstance(cfg, ExternalConfig)
    return Needs({}, 0, _ask_model(setting, cfg.cot_max_new_tokens))


def _need_serving(setting: Setting) -> Needs:
    cfg, size = setting.params.serve, setting.size
    assert not isinstance(cfg, ExternalConfig)
    keys = _count_keys(setting, cfg.max_slots, size.context, entry_bytes=MASTER_BYTES, bound=float(cfg.cache_bytes))
    replica = {"INT8 weights": float(size.parameters * INT8_BYTES), "keys and values": keys}
    return Needs(replica, setting.cluster.serve.replicas, _ask_model(setting, cfg.max_tokens))


def _read_model(setting: Setting) -> Parts:
    """A model that is measured: what it reads at once is bounded, and small beside it."""
    tokens = 16 * setting.params.shared.validation_text.seq_len
    layer = count_activations(setting.size, tokens, "fp32", recompute=False) / setting.size.layers
    return {"weights": float(setting.size.parameters * _read_bytes(setting)), "a layer's activations": layer}


def _ask_model(setting: Setting, max_new_tokens: int) -> Parts:
    """A model that answers, many texts at once."""
    longest = min(setting.size.context, _count_longest(setting) + max_new_tokens)
    keys = _count_keys(setting, ENGINE_TEXTS, longest, entry_bytes=_read_bytes(setting))
    return _read_model(setting) | {"keys and values": keys}


def _count_keys(
    setting: Setting, texts: int, tokens: int, *, entry_bytes: int, bound: float = ENGINE_CACHE_BYTES
) -> float:
    return count_cache(setting.size, texts, tokens, bound=bound, entry_bytes=entry_bytes)


def _count_longest(setting: Setting) -> int:
    sft = setting.params.sft
    longest = USUAL_TOKENS if isinstance(sft, ExternalConfig) else max(1, sft.seq_len // 2)
    return min(setting.size.context, longest)


def _read_bytes(setting: Setting) -> int:
    match setting.params.shared.inference.dtype:
        case "own":
            return setting.size.stored_bytes
        case "bfloat16":
            return 2
        case "float32":
            return 4


STAGE_NEEDS: dict[str, Callable[[Setting], Needs]] = {
    "pretrain": _need_pretraining,
    "sft": _need_tuning,
    "preferences": _need_pairs,
    "reward": _need_reward,
    "align": _need_alignment,
    "quantize": _need_quantization,
    "evaluate": _need_evaluation,
    "icl": _need_prompting,
    "serve": _need_serving,
}
