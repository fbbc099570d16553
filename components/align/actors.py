"""The four networks of PPO, sharded over the workers, and the replica that samples.

Shapes: B sequences, T positions, A response tokens, V vocabulary.
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
from components.model.exchange.table import import_model, import_scorer
from components.model.value import ValueHead, ValueModel
from components.parallel.device import find_device
from components.parallel.fsdp import gather_state, shard_model
from components.parallel.mesh import Mesh
from components.runtime.folder import check_tokenizer, load_folder, load_reward_model
from components.scoring.logprobs import gather_logprobs


class Actors:
    """Policy and value are trained; reference (the sft model) and reward are frozen."""

    def __init__(
        self,
        sft: Path,
        reward: Path,
        mesh: Mesh,
        *,
        value: ValueNetworkConfig | ValueHeadConfig,
        param_dtype: torch.dtype | None,
    ) -> None:
        self.mesh = mesh
        found, self.tokenizer = load_folder(sft)
        # Our classes train faster than the library's on the same weights (see tests/bench/bench_training.py).
        policy = import_model(found) or found
        self.config = policy.config
        self.replica = copy.deepcopy(policy).to(find_device()).eval()
        reference = copy.deepcopy(policy)
        reward_model = _load_reward(reward, self.tokenizer)
        # A head is no cost worth rounding for.
        value_dtype = param_dtype if isinstance(value, ValueNetworkConfig) else None
        self.value = shard_model(_build_value(value, policy, reward_model), mesh, param_dtype=value_dtype).eval()
        self._states: Tensor | None = None
        policy.get_output_embeddings().register_forward_pre_hook(self._keep_states)
        self.policy = shard_model(policy, mesh, param_dtype=param_dtype).eval()
        self.reference = shard_model(reference, mesh, param_dtype=param_dtype).eval().requires_grad_(False)
        self.reward = shard_model(reward_model, mesh, param_dtype=param_dtype).eval().requires_grad_(False)

    def _keep_states(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """What the policy's head reads is what a value head reads."""
        self._states = inputs[0]

    @property
    def trained(self) -> nn.Module:
        """What a checkpoint holds."""
        return nn.ModuleDict({"policy": self.policy, "value": self.value})

    def refresh_replica(self) -> PreTrainedModel:
        """Copy the policy's weights into the unsharded replica that generates; a collective."""
        self.replica.load_state_dict(gather_state(self.policy, on_every_rank=True))
        return self.replica

    def read_logits(self, model: nn.Module, texts: Texts) -> Tensor:
        """Logits [B, A, V] of the policy or the reference for response tokens alone, in float32.

        Prompts are read as the generator read them.
        """
        prefix = {"prefix_mask": texts.prefix_BT} if reads_prefix(self.config) else {}
        logits_BAV: Tensor = model(
            input_ids=texts.ids_BT, use_cache=False, logits_to_keep=texts.places_BA, **prefix
        ).logits
        return logits_BAV.float()

    def read_policy(self, texts: Texts) -> tuple[Tensor, Tensor]:
        """The policy's logits [B, A, V] and the hidden states [B, A, C] that they come from."""
        logits_BAV = self.read_logits(self.policy, texts)
        assert self._states is not None
        states_BAC, self._states = self._states, None
        return logits_BAV, states_BAC

    def read_values(self, texts: Texts, states_BAC: Tensor) -> Tensor:
        """Value of the state in which each response token is chosen, [B, A]."""
        if isinstance(self.value, ValueHead):
            of_states_BA: Tensor = self.value(states_BAC)
            return of_states_BA
        values_BT: Tensor = self.value(texts.ids_BT)
        return values_BT.gather(1, texts.places_BA)

    def reference_logprobs(self, texts: Texts) -> Tensor:
        """ln p of every response token under the sft model, [B, A]."""
        return read_in_parts(
            lambda part: gather_logprobs(self.read_logits(self.reference, part), part.targets_BA), texts
        )

    def policy_logprobs(self, texts: Texts) -> Tensor:
        """The same under the policy."""
        return read_in_parts(lambda part: gather_logprobs(self.read_policy(part)[0], part.targets_BA), texts)

    def judge_policy(self, texts: Texts) -> tuple[Tensor, Tensor]:
        """Before an update: the policy's ln p of every response token, and the value of each state, both [B, A]."""

        def read(part: Texts) -> Tensor:
            logits_BAV, states_BAC = self.read_policy(part)
            logprobs_BA = gather_logprobs(logits_BAV, part.targets_BA)
            return torch.stack([logprobs_BA, self.read_values(part, states_BAC)], dim=-1)

        logprobs_BA, values_BA = read_in_parts(read, texts).unbind(-1)
        return logprobs_BA, values_BA

    def scores(self, texts: Texts) -> Tensor:
        """The reward model's score of each sequence, [B]; it reads the last token that is not padding."""
        return read_in_parts(
            lambda part: self.reward(input_ids=part.ids_BT, use_cache=False).logits.squeeze(-1).float(), texts
        )


def _build_value(
    cfg: ValueNetworkConfig | ValueHeadConfig, policy: PreTrainedModel, reward_model: PreTrainedModel
) -> nn.Module:
    match cfg:
        case ValueNetworkConfig():
            return ValueModel(copy.deepcopy(reward_model))
        case ValueHeadConfig():
            return ValueHead(policy.get_output_embeddings().weight.shape[1])
        case _:
            assert_never(cfg)


def _load_reward(folder: Path, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    model = load_reward_model(folder)
    check_tokenizer(model, tokenizer, folder)
    return import_scorer(model) or model
