"""The four networks of PPO, sharded over the workers, and the replica that samples.

Shapes: B sequences, T positions, A = T - 1 actions, V vocabulary.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.align.ppo import token_logprobs
from components.model.value import ValueModel
from components.runtime.folder import check_tokenizer, load_folder, load_reward_model
from components.runtime.sharding import find_device, gather_state, shard_model

FORWARD_SEQUENCES = 64


class Actors:
    """Policy and value are trained; reference (the sft model) and reward are frozen."""

    def __init__(self, sft: Path, reward: Path, *, param_dtype: torch.dtype | None) -> None:
        policy, self.tokenizer = load_folder(sft)
        self.config = policy.config
        self.replica = copy.deepcopy(policy).to(find_device()).eval()
        reference = copy.deepcopy(policy)
        reward_model = _load_reward(reward, self.tokenizer)
        value = ValueModel(copy.deepcopy(reward_model))
        self.policy = shard_model(policy, param_dtype=param_dtype).eval()
        self.value = shard_model(value, param_dtype=param_dtype).eval()
        self.reference = shard_model(reference, param_dtype=param_dtype).eval().requires_grad_(False)
        self.reward = shard_model(reward_model, param_dtype=param_dtype).eval().requires_grad_(False)

    @property
    def trained(self) -> nn.Module:
        """What a checkpoint holds."""
        return nn.ModuleDict({"policy": self.policy, "value": self.value})

    def refresh_replica(self) -> PreTrainedModel:
        """Copy the policy's weights into the unsharded replica that generates; a collective."""
        self.replica.load_state_dict(gather_state(self.policy, on_every_rank=True))
        return self.replica

    def read(self, model: nn.Module, ids_BT: Tensor, mask_BA: Tensor) -> Tensor:
        """Logits [B, T, V] of the policy or the reference, with prompts read as the generator read them."""
        prefix = {}
        if getattr(self.config, "prefix_attention", False):
            prefix["prefix_mask"] = nn.functional.pad(mask_BA.cumsum(1) == 0, (1, 0), value=True)
        logits_BTV: Tensor = model(input_ids=ids_BT, use_cache=False, **prefix).logits
        return logits_BTV

    @torch.no_grad()
    def policy_logprobs(self, ids_BT: Tensor, mask_BA: Tensor) -> Tensor:
        """ln p of every token after the first under the policy, [B, A]; `mask_BA` marks the responses."""
        return _in_chunks(lambda ids, mask: token_logprobs(self.read(self.policy, ids, mask), ids), ids_BT, mask_BA)

    @torch.no_grad()
    def reference_logprobs(self, ids_BT: Tensor, mask_BA: Tensor) -> Tensor:
        """The same under the sft model, [B, A]."""
        return _in_chunks(lambda ids, mask: token_logprobs(self.read(self.reference, ids, mask), ids), ids_BT, mask_BA)

    @torch.no_grad()
    def values(self, ids_BT: Tensor) -> Tensor:
        """Value of the state in which each action is taken, [B, A]."""
        return _in_chunks(lambda ids: self.value(ids)[:, :-1], ids_BT)

    @torch.no_grad()
    def scores(self, ids_BT: Tensor) -> Tensor:
        """The reward model's score of each sequence, [B]; it reads the last token that is not padding."""
        return _in_chunks(lambda ids: self.reward(input_ids=ids, use_cache=False).logits.squeeze(-1).float(), ids_BT)


def _load_reward(folder: Path, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    model = load_reward_model(folder)
    check_tokenizer(model, tokenizer, folder)
    return model


def _in_chunks(forward: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """Every rank has the same number of sequences, hence of forward passes (FSDP gathers in each)."""
    return torch.cat(
        [forward(*part) for part in zip(*(torch.split(t, FORWARD_SEQUENCES) for t in tensors), strict=True)]
    )
