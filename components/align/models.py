"""The networks of alignment, sharded over the workers, and the policy as it samples.

Shapes: B sequences, T positions, A response tokens, C width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.align.config import AlignConfig, ValueHeadConfig, ValueNetworkConfig
from components.align.engines import PolicyEngines
from components.align.likelihood import Likelihood, ResponseLikelihood, find_causal_model
from components.align.texts import FORWARD_SEQUENCES, Texts, read_in_parts
from components.model.capabilities import reads_prefix
from components.model.config import Dtype
from components.model.hf_adapters.convert import import_model, import_scorer
from components.model.value import ValueHead, ValueModel
from components.parallel.fsdp import (
    copy_for_reading,
    freeze_model,
    gather_state,
    gather_trained,
    refresh_copy,
    shard_model,
)
from components.parallel.mesh import Mesh
from components.runtime.cluster import TrainClusterConfig
from components.runtime.folder import check_tokenizer, load_folder, load_reward_model, save_model
from components.training.adapter_targets import require_targets
from components.training.config import Adapter, LoraAdapter, NoAdapter


@dataclass(frozen=True)
class Fit:
    """How networks are held and read; nothing of it but precision and adapter bears on a result."""

    adapter: Adapter
    dtype: Dtype
    """What weights are multiplied in, and what networks are kept in that are not trained."""
    micro_batch_tokens: int
    """Tokens of one forward pass of a worker, padding included."""
    recompute: bool
    """Whether activations are made again for the gradients."""
    seed: int
    """Of fresh adapters."""

    @property
    def param_dtype(self) -> torch.dtype | None:
        """What weights are gathered in; None leaves them as they are."""
        return torch.bfloat16 if self.dtype == "bfloat16" else None


def plan_fit(cfg: AlignConfig, cluster: TrainClusterConfig, seed: int) -> Fit:
    """What params and cluster file say of it."""
    dtype: Dtype = "bfloat16" if cfg.precision == "bf16" else "float32"
    return Fit(cfg.adapter, dtype, cluster.micro_batch_tokens, cluster.activation_checkpointing, seed)


class PolicyModels:
    """The policy, which is trained, the reference that it began as (the sft model, frozen), and the rollout policy.

    Under an adapter the reference is the policy with the adapter off. The rollout policy is on engines where there are
    some; else it is a copy, which shares the policy's weights where a worker is alone.
    """

    updates = 0
    """How often the policy was changed since it was built."""

    def __init__(self, sft: Path, mesh: Mesh, fit: Fit, engines: PolicyEngines | None = None) -> None:
        self.mesh, self.fit, self._sft, self.engines = mesh, fit, sft, engines
        self._sent: int | None = None
        policy, self.tokenizer = _load_policy(sft, fit)
        causal = find_causal_model(policy)
        self.config = causal.config
        self._class, self._generation_config = type(causal), causal.generation_config  # sharding makes a class of it
        network = ResponseLikelihood(policy)
        self._whole = copy_for_reading(network, mesh) if engines is None else None
        self.policy = shard_model(network, mesh, param_dtype=fit.param_dtype, recompute=fit.recompute).eval()
        if self._whole is not None:
            refresh_copy(self._whole, self.policy, mesh)
        self._reference = _load_reference(sft, mesh, fit)

    @property
    def rollout_policy(self) -> PreTrainedModel:
        """The worker's own model that generates, as of the last refresh."""
        assert self._whole is not None, "engines generate"
        return find_causal_model(self._whole.get_submodule("model"))

    @property
    def trained(self) -> nn.ModuleDict:
        """What a checkpoint holds."""
        return nn.ModuleDict({"policy": self.policy})

    def refresh_rollout_policy(self) -> None:
        """Give what generates the policy's weights, engines once after each update; a collective."""
        if self._whole is not None:
            refresh_copy(self._whole, self.policy, self.mesh)
        elif self.engines is not None and self._sent != self.updates:
            self.engines.load_weights(find_causal_model(self.policy.get_submodule("model")), within=self.policy)
            self._sent = self.updates

    def forward_policy(self, texts: Texts) -> Likelihood:
        """What the policy makes of response tokens, with gradients where they are on."""
        return self._forward(self.policy, texts)

    def _forward(self, model: nn.Module, texts: Texts) -> Likelihood:
        prefix_BT = texts.prefix_BT if reads_prefix(self.config) else None
        found: Likelihood = model(texts.ids_BT, texts.places_BA, texts.targets_BA, prefix_BT)
        return found

    def count_sequences(self, texts: Texts) -> int:
        """Sequences of one forward pass, the same on every worker: a collective."""
        longest = int(self.mesh.find_largest(texts.lengths_B.max()))
        return max(1, min(FORWARD_SEQUENCES, self.fit.micro_batch_tokens // longest))

    def reference_logprobs(self, texts: Texts) -> Tensor:
        """ln p of every response token under the sft model, [B, A]."""
        if self._reference is not None:
            return self._read_logprobs(self._reference, texts)
        from components.training.adapters import adapter_off

        with adapter_off(self.policy):
            return self._read_logprobs(self.policy, texts)

    def policy_logprobs(self, texts: Texts) -> Tensor:
        """The same under the policy."""
        return self._read_logprobs(self.policy, texts)

    def _read_logprobs(self, model: nn.Module, texts: Texts) -> Tensor:
        return self.read(lambda part: self._forward(model, part).logprobs_BA, texts)

    def read(self, read: Callable[[Texts], Tensor], texts: Texts) -> Tensor:
        """What a network says of texts, as many at a time as fit: [B], or of every response token [B, A, ...]."""
        return read_in_parts(read, texts, self.count_sequences(texts))

    def save_policy(self, out: Path, probe: Sequence[int]) -> None:
        """Write the policy as the model folder `out/model`, and an adapter beside it; a collective.

        `probe` are token ids of a text, which a merged model must read as the adapted one does.
        """
        match self.fit.adapter:
            case NoAdapter():
                state = _unwrap(gather_state(self.policy))
                if self.mesh.is_first:
                    plain = self._class._from_config(self.config)
                    plain.load_state_dict(state)
                    plain.generation_config = self._generation_config
                    save_model(plain, self.tokenizer, out / "model")
            case LoraAdapter():
                trained = _unwrap(gather_trained(self.policy))
                if self.mesh.is_first:
                    self._save_adapted(trained, out, probe)
            case _:
                assert_never(self.fit.adapter)

    def _save_adapted(self, trained: dict[str, Tensor], out: Path, probe: Sequence[int]) -> None:
        from components.training.adapters import save_adapted

        adapted, _ = _load_policy(self._sft, self.fit)
        adapted.load_state_dict(trained, strict=False)
        asked = {"input_ids": torch.tensor([probe])}
        save_adapted("align", adapted, self.tokenizer, self._sft, out, probe=asked)


class PpoModels(PolicyModels):
    """The value network besides, trained as the policy is."""

    def __init__(
        self,
        sft: Path,
        reward: Path,
        mesh: Mesh,
        fit: Fit,
        *,
        value: ValueNetworkConfig | ValueHeadConfig,
        engines: PolicyEngines | None = None,
    ) -> None:
        super().__init__(sft, mesh, fit, engines)
        is_network = isinstance(value, ValueNetworkConfig)
        # A head is no cost worth rounding for.
        value_dtype = fit.param_dtype if is_network else None
        self.value = shard_model(
            self._build_value(value, reward), mesh, param_dtype=value_dtype, recompute=is_network and fit.recompute
        ).eval()

    def _build_value(self, cfg: ValueNetworkConfig | ValueHeadConfig, reward: Path) -> nn.Module:
        match cfg:
            case ValueNetworkConfig():
                return ValueModel(load_scorer(reward, self.tokenizer, "float32"))
            case ValueHeadConfig():
                head = find_causal_model(self.policy.get_submodule("model")).get_output_embeddings()
                return ValueHead(head.weight.shape[1])
            case _:
                assert_never(cfg)

    @property
    def trained(self) -> nn.ModuleDict:
        """What a checkpoint holds."""
        return nn.ModuleDict({"policy": self.policy, "value": self.value})

    def forward_values(self, texts: Texts, states_BAC: Tensor) -> Tensor:
        """Value of the state in which each response token is chosen, [B, A]."""
        if isinstance(self.value, ValueHead):
            of_states_BA: Tensor = self.value(states_BAC)
            return of_states_BA
        values_BT: Tensor = self.value(texts.ids_BT)
        return values_BT.gather(1, texts.places_BA)

    def logprobs_and_values(self, texts: Texts) -> tuple[Tensor, Tensor]:
        """Before an update: the policy's ln p of every response token, and the value of each state, both [B, A]."""

        def read(part: Texts) -> Tensor:
            found = self.forward_policy(part)
            return torch.stack([found.logprobs_BA, self.forward_values(part, found.states_BAC)], dim=-1)

        logprobs_BA, values_BA = self.read(read, texts).unbind(-1)
        return logprobs_BA, values_BA


def _load_policy(sft: Path, fit: Fit) -> tuple[Any, PreTrainedTokenizerFast]:
    """The model that is trained: in float32, or a base in its own dtype under an adapter."""
    match fit.adapter:
        case NoAdapter():
            found, tokenizer = load_folder(sft)
            # Our classes train faster than the library's on the same weights (see tests/bench/bench_training.py).
            return import_model(found) or found, tokenizer
        case LoraAdapter(rank=rank, alpha=alpha, target_modules=targets):
            from components.training.adapters import add_adapter, describe_adapter

            found, tokenizer = load_folder(sft, "own" if fit.dtype == "bfloat16" else "float32")
            require_targets("align.adapter", found, targets)
            described = describe_adapter(rank=rank, alpha=alpha, dropout=0.0, target_modules=targets)
            return add_adapter(found, described, fit.seed).eval(), tokenizer
        case _:
            assert_never(fit.adapter)


def load_rollout_policy(sft: Path, fit: Fit) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The policy as an engine holds it, before it is given what was trained."""
    policy, tokenizer = _load_policy(sft, fit)
    return find_causal_model(policy).eval(), tokenizer


def _load_reference(sft: Path, mesh: Mesh, fit: Fit) -> nn.Module | None:
    """The sft model for reading; None where the policy's base is that."""
    if not isinstance(fit.adapter, NoAdapter):
        return None
    found, _ = load_folder(sft, fit.dtype)
    return freeze_model(ResponseLikelihood(import_model(found) or found), mesh)


def _unwrap(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a ResponseLikelihood under the names of the model in it."""
    return {name.removeprefix("model."): value for name, value in state.items()}


def load_scorer(folder: Path, tokenizer: PreTrainedTokenizerFast, dtype: Dtype) -> PreTrainedModel:
    """A reward model in our own classes where we have its architecture; refuses one of another tokenizer."""
    model = load_reward_model(folder, dtype)
    check_tokenizer(model, tokenizer, folder)
    return import_scorer(model) or model
