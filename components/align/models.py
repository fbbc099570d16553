"""The networks of alignment, sharded over the workers, and the copy of the policy that samples.

Shapes: B sequences, T positions, A response tokens, C width, V vocabulary.
"""

import copy
from pathlib import Path
from typing import assert_never

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.align.config import ValueHeadConfig, ValueNetworkConfig
from components.align.texts import Texts, read_in_parts
from components.model.capabilities import reads_prefix
from components.model.hf_adapters.convert import import_model, import_scorer
from components.model.value import ValueHead, ValueModel
from components.parallel.device import find_device
from components.parallel.fsdp import gather_state, shard_model
from components.parallel.mesh import Mesh
from components.runtime.folder import check_tokenizer, load_folder, load_reward_model, save_model
from components.scoring.logprobs import gather_logprobs


class PolicyModels:
    """The policy, which is trained, the reference that it began as (the sft model, frozen), and the rollout policy."""

    def __init__(self, sft: Path, mesh: Mesh, *, param_dtype: torch.dtype | None) -> None:
        self.mesh = mesh
        found, self.tokenizer = load_folder(sft)
        # Our classes train faster than the library's on the same weights (see tests/bench/bench_training.py).
        policy = import_model(found) or found
        self.config = policy.config
        self.rollout_policy = copy.deepcopy(policy).to(find_device()).eval()
        reference = copy.deepcopy(policy)
        self.policy = shard_model(policy, mesh, param_dtype=param_dtype).eval()
        self.reference = shard_model(reference, mesh, param_dtype=param_dtype).eval().requires_grad_(False)

    @property
    def trained(self) -> nn.ModuleDict:
        """What a checkpoint holds."""
        return nn.ModuleDict({"policy": self.policy})

    def refresh_rollout_policy(self) -> PreTrainedModel:
        """Copy the policy's weights into the unsharded model that generates; a collective."""
        self.rollout_policy.load_state_dict(gather_state(self.policy, on_every_rank=True))
        return self.rollout_policy

    def forward_logits(self, model: nn.Module, texts: Texts) -> Tensor:
        """Logits [B, A, V] of the policy or the reference for response tokens alone, in float32.

        Prompts are read as the generator read them.
        """
        prefix = {"prefix_mask": texts.prefix_BT} if reads_prefix(self.config) else {}
        logits_BAV: Tensor = model(
            input_ids=texts.ids_BT, use_cache=False, logits_to_keep=texts.places_BA, **prefix
        ).logits
        return logits_BAV.float()

    def reference_logprobs(self, texts: Texts) -> Tensor:
        """ln p of every response token under the sft model, [B, A]."""
        return self._read_logprobs(self.reference, texts)

    def policy_logprobs(self, texts: Texts) -> Tensor:
        """The same under the policy."""
        return self._read_logprobs(self.policy, texts)

    def _read_logprobs(self, model: nn.Module, texts: Texts) -> Tensor:
        return read_in_parts(lambda part: gather_logprobs(self.forward_logits(model, part), part.targets_BA), texts)

    def save_policy(self, folder: Path) -> None:
        """Write the policy as a model folder; a collective."""
        state = gather_state(self.policy)
        if self.mesh.is_first:
            plain = type(self.rollout_policy)._from_config(self.config)
            plain.load_state_dict(state)
            plain.generation_config = self.rollout_policy.generation_config
            save_model(plain, self.tokenizer, folder)


class PpoModels(PolicyModels):
    """The value network besides, trained as the policy is."""

    def __init__(
        self,
        sft: Path,
        reward: Path,
        mesh: Mesh,
        *,
        value: ValueNetworkConfig | ValueHeadConfig,
        param_dtype: torch.dtype | None,
    ) -> None:
        super().__init__(sft, mesh, param_dtype=param_dtype)
        # A head is no cost worth rounding for.
        value_dtype = param_dtype if isinstance(value, ValueNetworkConfig) else None
        self.value = shard_model(self._build_value(value, reward), mesh, param_dtype=value_dtype).eval()
        self._states: Tensor | None = None
        self.policy.get_output_embeddings().register_forward_pre_hook(self._keep_states)  # type: ignore[operator]

    def _build_value(self, cfg: ValueNetworkConfig | ValueHeadConfig, reward: Path) -> nn.Module:
        match cfg:
            case ValueNetworkConfig():
                return ValueModel(load_scorer(reward, self.tokenizer))
            case ValueHeadConfig():
                return ValueHead(self.rollout_policy.get_output_embeddings().weight.shape[1])
            case _:
                assert_never(cfg)

    def _keep_states(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """What the policy's head reads is what a value head reads."""
        self._states = inputs[0]

    @property
    def trained(self) -> nn.ModuleDict:
        """What a checkpoint holds."""
        return nn.ModuleDict({"policy": self.policy, "value": self.value})

    def forward_policy(self, texts: Texts) -> tuple[Tensor, Tensor]:
        """The policy's logits [B, A, V] and the hidden states [B, A, C] that they come from."""
        logits_BAV = self.forward_logits(self.policy, texts)
        assert self._states is not None
        states_BAC, self._states = self._states, None
        return logits_BAV, states_BAC

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
            logits_BAV, states_BAC = self.forward_policy(part)
            logprobs_BA = gather_logprobs(logits_BAV, part.targets_BA)
            return torch.stack([logprobs_BA, self.forward_values(part, states_BAC)], dim=-1)

        logprobs_BA, values_BA = read_in_parts(read, texts).unbind(-1)
        return logprobs_BA, values_BA


def load_scorer(folder: Path, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """A reward model in our own classes where we have its architecture; refuses one of another tokenizer."""
    model = load_reward_model(folder)
    check_tokenizer(model, tokenizer, folder)
    return import_scorer(model) or model
