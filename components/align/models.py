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
from components.generation.tool_calls import NO_TOOL, build_forcer
from components.model.capabilities import reads_prefix
from components.model.config import Dtype
from components.model.hf_adapters.convert import import_model
from components.model.value import ValueHead, ValueModel
from components.parallel.fsdp import (
    copy_for_reading,
    freeze_model,
    refresh_copy,
    reshard,
    shard_model,
)
from components.parallel.mesh import Mesh
from components.runtime.cluster import TrainClusterConfig
from components.runtime.folder import check_tokenizer, load_folder
from components.runtime.outline import Outline, outline_folder, outline_reward_model
from components.runtime.sharded_save import save_sharded
from components.tools.config import ToolConfig
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

    def __init__(
        self,
        sft: Path,
        mesh: Mesh,
        fit: Fit,
        engines: PolicyEngines | None = None,
        *,
        tool: ToolConfig = NO_TOOL,
    ) -> None:
        self.mesh, self.fit, self._sft, self.engines = mesh, fit, sft, engines
        self._sent: int | None = None
        outline, self.tokenizer = outline_folder(sft, _choose_dtype(fit), ours=isinstance(fit.adapter, NoAdapter))
        self.force_tokens = build_forcer(tool, self.tokenizer)
        self.config = outline.model.config
        network = ResponseLikelihood(_adapt(outline.model, fit))
        self._whole = copy_for_reading(network, mesh) if engines is None else None
        self.policy = shard_model(network, mesh, param_dtype=fit.param_dtype, recompute=fit.recompute).eval()
        outline.fill()
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
        reshard(self.policy)
        match self.fit.adapter:
            case NoAdapter():
                plain = find_causal_model(self.policy.get_submodule("model"))
                save_sharded(plain, self.tokenizer, out / "model", self.mesh)
            case LoraAdapter():
                self._save_adapted(out, probe)
            case _:
                assert_never(self.fit.adapter)

    def _save_adapted(self, out: Path, probe: Sequence[int]) -> None:
        from components.training.adapters import collect_adapted, save_adapted

        adapted: Any = self.policy.get_submodule("model")
        whole = collect_adapted(adapted, self.mesh, lambda: _load_policy(self._sft, self.fit)[0])
        if whole is not None:
            asked = {"input_ids": torch.tensor([probe])}
            save_adapted("align", whole, self.tokenizer, self._sft, out, probe=asked)


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
        tool: ToolConfig = NO_TOOL,
    ) -> None:
        super().__init__(sft, mesh, fit, engines, tool=tool)
        is_network = isinstance(value, ValueNetworkConfig)
        # A head is no cost worth rounding for.
        value_dtype = fit.param_dtype if is_network else None
        network, fill = self._build_value(value, reward)
        self.value = shard_model(network, mesh, param_dtype=value_dtype, recompute=is_network and fit.recompute).eval()
        fill()

    def _build_value(
        self, cfg: ValueNetworkConfig | ValueHeadConfig, reward: Path
    ) -> tuple[nn.Module, Callable[[], None]]:
        """The value network, and what gives it the weights that it lacks once it is sharded."""
        match cfg:
            case ValueNetworkConfig():
                outline = outline_scorer_of(reward, self.tokenizer, "float32")
                return ValueModel(outline.model), outline.fill
            case ValueHeadConfig():
                head = find_causal_model(self.policy.get_submodule("model")).get_output_embeddings()
                return ValueHead(head.weight.shape[1]), lambda: None
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


def _choose_dtype(fit: Fit) -> Dtype:
    """What is trained is in float32; a base under an adapter is as good in its own dtype, unless all is precise."""
    return "own" if isinstance(fit.adapter, LoraAdapter) and fit.dtype == "bfloat16" else "float32"


def _adapt(model: PreTrainedModel, fit: Fit) -> Any:
    """The model that is trained: the given one, or peft's around it."""
    match fit.adapter:
        case NoAdapter():
            return model
        case LoraAdapter(rank=rank, alpha=alpha, target_modules=targets):
            from components.training.adapters import add_adapter, describe_adapter

            require_targets("align.adapter", model, targets)
            described = describe_adapter(rank=rank, alpha=alpha, dropout=0.0, target_modules=targets)
            return add_adapter(model, described, fit.seed).eval()
        case _:
            assert_never(fit.adapter)


def _load_policy(sft: Path, fit: Fit) -> tuple[Any, PreTrainedTokenizerFast]:
    """The model that is trained, whole."""
    found, tokenizer = load_folder(sft, _choose_dtype(fit))
    # Our classes train faster than the library's on the same weights (see tests/bench/bench_training.py).
    own = import_model(found) if isinstance(fit.adapter, NoAdapter) else None
    return _adapt(own or found, fit), tokenizer


def load_rollout_policy(sft: Path, fit: Fit) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The policy as an engine holds it, before it is given what was trained."""
    policy, tokenizer = _load_policy(sft, fit)
    return find_causal_model(policy).eval(), tokenizer


def _load_reference(sft: Path, mesh: Mesh, fit: Fit) -> nn.Module | None:
    """The sft model for reading; None where the policy's base is that."""
    if not isinstance(fit.adapter, NoAdapter):
        return None
    outline, _ = outline_folder(sft, fit.dtype, ours=True)
    network = freeze_model(ResponseLikelihood(outline.model), mesh)
    outline.fill()
    return network


def outline_scorer_of(folder: Path, tokenizer: PreTrainedTokenizerFast, dtype: Dtype) -> Outline:
    """A reward model in our own class where we have its architecture; refuses one of another tokenizer."""
    outline = outline_reward_model(folder, dtype)
    check_tokenizer(outline.model, tokenizer, folder)
    return outline
