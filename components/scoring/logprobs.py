"""Log-probabilities of given tokens under any model, a few rows of logits at a time.

Shapes: B sequences, T positions, N = B T rows, C width, V vocabulary.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from components.model.capabilities import is_encoder_decoder, reads_prefix
from components.model.masks import IGNORED, find_prefix, find_segments

CHUNK_ENTRIES = 1 << 24
"""Logits that exist in float32 at a time: 64 MB."""
Gather = Callable[[Callable[[Tensor], Tensor], Tensor, Tensor], Tensor]
"""Makes of a way to read logits [N, V], the rows that it reads and targets [N] what is wanted of each target."""


def gather_logprobs(logits_BTV: Tensor, targets_BT: Tensor) -> Tensor:
    """ln p of each target, [B, T], in nats and at least float32; zero where a target is -100.

    Differentiable; of a chunk's float32 logits nothing stays behind for the gradients, which compute them again.
    """
    return _gather_all(logits_BTV, targets_BT, _gather)


def score_states(head: nn.Module, states_BTC: Tensor, targets_BT: Tensor, *, vocabulary: int) -> Tensor:
    """ln p of each target and the entropy where it stands, both in nats, [B, T, 2], from what an output head reads.

    Of the logits a few rows exist at a time, and are computed again for the gradients; the entropy has none.
    """
    return _in_chunks(head.forward, states_BTC, targets_BT, vocabulary, _gather_with_entropy)


def measure_entropy(logits_NV: Tensor) -> Tensor:
    """Entropy of each row's distribution, [N], in nats: ln Z - E[logit]."""
    log_z_N = logits_NV.logsumexp(-1)
    return log_z_N - (logits_NV.softmax(-1) * logits_NV).sum(-1)


def score_targets(model: Any, inputs: Mapping[str, Tensor], targets_BT: Tensor) -> Tensor:
    """ln p of each target under the model, [B, T], in nats; zero where a target is -100.

    `inputs` are the model's own keywords. Targets are aligned with its logits: a decoder's are the tokens that follow,
    an encoder-decoder's are the decoder's text, whose inputs are made from them when there are none. A prefix decoder
    whose `prefix_mask` is not given reads all before a text's first target in both directions, as in training.

    The output head is applied to a few positions at a time, inside of the model's own forward pass, so that the
    whole [B, T, V] never exists. A model that does more to its logits than its head does (a cap, a scale, a bias
    beside it) is asked for all of them in its own dtype. Gradients flow unless the model is sharded: theirs begin at
    its outputs, so there take its logits and `gather_logprobs`.
    """
    return _score(model, inputs, targets_BT, _gather)


@torch.no_grad()
def judge_targets(model: Any, inputs: Mapping[str, Tensor], targets_BT: Tensor) -> tuple[Tensor, Tensor]:
    """ln p of each target as `score_targets` has it, and whether it is the likeliest token, [B, T] each."""
    judged_BT2 = _score(model, inputs, targets_BT, _gather_with_greedy)
    return judged_BT2[..., 0], judged_BT2[..., 1].bool()


def _score(model: Any, inputs: Mapping[str, Tensor], targets_BT: Tensor, gather: Gather) -> Tensor:
    inputs = complete_inputs(model, dict(inputs), targets_BT)
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    if head is not None:
        scored_BT = _score_at_head(model, head, inputs, targets_BT, gather)
        if scored_BT is not None:
            return scored_BT
    return _gather_all(model(**inputs, use_cache=False).logits, targets_BT, gather)


def _score_at_head(
    model: Any, head: nn.Module, inputs: dict[str, Tensor], targets_BT: Tensor, gather: Gather
) -> Tensor | None:
    """Score where hidden states enter the head, and let only the last position pass; None where that is not all."""
    found: list[Tensor] = []

    def score(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        hidden_BTC = given[0]
        if hidden_BTC.shape[:2] != targets_BT.shape or found:
            return None
        vocabulary = int(getattr(head, "out_features", 0) or model.config.get_text_config(decoder=True).vocab_size)
        found.append(_in_chunks(head.forward, hidden_BTC, targets_BT, vocabulary, gather))
        found.append(head.forward(hidden_BTC[:, -1:].detach()).detach())
        return (hidden_BTC[:, -1:], *given[1:])

    handle = head.register_forward_pre_hook(score)
    try:
        logits_B1V = model(**inputs, use_cache=False).logits
    finally:
        handle.remove()
    if not found:
        return _gather_all(logits_B1V, targets_BT, gather)
    scored_BT, expected_B1V = found
    # Equal to the bit where the head is all there is: the same product of the same numbers.
    return scored_BT if torch.equal(logits_B1V.float(), expected_B1V.float()) else None


def _in_chunks(
    read: Callable[[Tensor], Tensor],
    rows_BTX: Tensor,
    targets_BT: Tensor,
    vocabulary: int,
    gather: Gather,
) -> Tensor:
    """What is gathered of each target, where `read` makes logits of rows, as many of them at a time as fit a chunk."""
    rows_NX, targets_N = rows_BTX.flatten(0, 1), targets_BT.flatten()
    size = max(1, CHUNK_ENTRIES // vocabulary)
    if len(targets_N) <= size:
        whole = gather(read, rows_NX, targets_N)
        return whole.view(*targets_BT.shape, *whole.shape[1:])
    parts = [
        checkpoint(gather, read, rows, targets, use_reentrant=False, preserve_rng_state=False)
        if torch.is_grad_enabled()
        else gather(read, rows, targets)
        for rows, targets in zip(torch.split(rows_NX, size), torch.split(targets_N, size), strict=True)
    ]
    joined = torch.cat(parts)
    return joined.view(*targets_BT.shape, *joined.shape[1:])


def _gather_all(logits_BTV: Tensor, targets_BT: Tensor, gather: Gather) -> Tensor:
    return _in_chunks(lambda rows_NV: rows_NV, logits_BTV, targets_BT, logits_BTV.shape[-1], gather)


def _gather(read: Callable[[Tensor], Tensor], rows_NX: Tensor, targets_N: Tensor) -> Tensor:
    return _pick(_make_precise(read(rows_NX)), targets_N)


def _gather_with_entropy(read: Callable[[Tensor], Tensor], rows_NX: Tensor, targets_N: Tensor) -> Tensor:
    precise_NV = _make_precise(read(rows_NX))
    with torch.no_grad():
        entropy_N = measure_entropy(precise_NV)
    return torch.stack([_pick(precise_NV, targets_N), entropy_N], dim=-1)


def _gather_with_greedy(read: Callable[[Tensor], Tensor], rows_NX: Tensor, targets_N: Tensor) -> Tensor:
    precise_NV = _make_precise(read(rows_NX))
    return torch.stack([_pick(precise_NV, targets_N), precise_NV.argmax(-1) == targets_N], dim=-1)


def _make_precise(logits_NV: Tensor) -> Tensor:
    return logits_NV.to(torch.promote_types(logits_NV.dtype, torch.float))


def _pick(precise_NV: Tensor, targets_N: Tensor) -> Tensor:
    return -functional.cross_entropy(precise_NV, targets_N, ignore_index=IGNORED, reduction="none")


def complete_inputs(model: Any, inputs: dict[str, Tensor], targets_BT: Tensor) -> dict[str, Tensor]:
    """What follows from the targets: the text that a decoder reads, and where a prefix ends."""
    if is_encoder_decoder(model.config) and "decoder_input_ids" not in inputs:
        inputs["decoder_input_ids"] = model.prepare_decoder_input_ids_from_labels(labels=targets_BT)
    elif reads_prefix(model.config) and "prefix_mask" not in inputs:
        labels_BT = functional.pad(targets_BT[:, :-1], (1, 0), value=IGNORED)
        positions = inputs.get("position_ids")
        inputs["prefix_mask"] = find_prefix(labels_BT, None if positions is None else find_segments(positions))
    return inputs
