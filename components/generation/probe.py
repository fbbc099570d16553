"""What a model of whatever class really does, tried once on a few tokens before anything is built on it.

Packed texts must be as texts apart, and a batch over a shared cache as plain forwards; where that is not so, the model
is run another way, and one whose plain forward is not causal is refused.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from torch.distributed.fsdp import FSDPModule

from components.base.errors import ArtifactError
from components.generation.alone import Alone
from components.generation.batched import Batched
from components.generation.blocks import BLOCK_TOKENS
from components.generation.forward import Forward
from components.generation.request import GenerationRequest
from components.generation.rows import Rows
from components.generation.sampling import SamplingParams
from components.model.capabilities import (
    WINDOW_FIELDS,
    find_rotary_switch,
    find_unknown_window,
    read_context,
    reads_prefix,
)
from components.model.int8_products import unrounded_activations

Way = Literal["batched", "alone", "recomputed"]
PROMPTS = (5, 9, 2)
TAIL = 3
NARROW = 4
"""The width to which a window is set while it is tried, so that a few tokens reach beyond it."""
LONGEST_TRIAL = 600
TOLERANCE, TOLERANCE_ROUNDED = 1e-3, 0.1
"""Difference of logits, in standard deviations: the largest, of float32 weights; root mean square, of rounded ones.

Rounding alone moved one logit of 50,000 by 0.13 in a 135 M-parameter bfloat16 model, and all of them by 0.02; a prompt
that lacks a token moves them by 0.39.
"""

_known: "WeakKeyDictionary[Any, Support]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Support:
    """How a model can be run. `refusal` says why it cannot be run at all."""

    packed: bool = False
    """Texts side by side in one row, positions beginning anew with each, do not see each other."""
    way: Way = "recomputed"
    """All rows over a shared cache, each row over the library's cache, or each text read again for every token."""
    token_bytes: int = 0
    """Keys and values of one token; 0 where memory does not grow with the text."""
    shares_beginnings: bool = False
    """A prompt may be read behind keys and values of a beginning that it shares with another."""
    refusal: str | None = None


def reads_packed(model: Any) -> bool:
    """Whether texts side by side in one row are to the model as texts apart. Raises ArtifactError as below."""
    return require_support(model).packed


def probe_model(model: Any) -> Support:
    """Try a model, once for each object. Its mode and its weights stay as they are."""
    if model not in _known:
        training = model.training
        model.eval()
        try:
            with torch.no_grad(), unrounded_activations(), _narrow_windows(model.config):
                _known[model] = _probe(model)
        finally:
            model.train(training)
    return _known[model]


def require_support(model: Any, where: str = "") -> Support:
    """The same; raises ArtifactError for a model that no way suits."""
    support = probe_model(model)
    if support.refusal is not None:
        kind = type(model).__name__.removeprefix("FSDP")
        raise ArtifactError(f"{where and where + ': '}a model of class {kind} cannot be run here: {support.refusal}")
    return support


def build_forward(
    model: Any, support: Support, *, max_slots: int, max_len: int, max_tokens: int | None, keep_idle: bool = False
) -> Forward:
    """The way that suits a model for texts of up to `max_len` tokens."""
    switch = find_rotary_switch(model.config)
    if switch is not None and max_len > switch:
        # Beyond the switch a row's angles would depend on the longest row beside it.
        return Alone(model, cached=support.way != "recomputed", switch=switch)
    if support.way == "batched":
        shares = support.shares_beginnings
        return Batched(model, max_slots, max_tokens, shares_beginnings=shares, keep_idle=keep_idle)
    return Alone(model, cached=support.way == "alone")


def _probe(model: Any) -> Support:
    texts = _draw_texts(model.config, _choose_lengths(model.config))
    prompts, tails = [text[:-TAIL] for text in texts], [text[-TAIL:] for text in texts]
    try:
        plain = [_read_plain(model, p, t) for p, t in zip(prompts, tails, strict=True)]
        shorter = [_read_plain(model, prompt, []) for prompt in prompts]
    except Exception as error:
        return Support(refusal=f"its plain forward fails ({_first_line(error)})")
    if any(bool(logits.isnan().any()) for logits in plain):
        return Support(refusal="its logits are NaN")
    if not _agree(model, shorter, [found[:1] for found in plain]):
        return Support(refusal="a later token changes what it predicts before, so it is not causal")
    packed = _reads_packed_apart(model, prompts[0], prompts[2], plain)
    window = find_unknown_window(model.config)
    if window is None or window < len(max(prompts, key=len)):
        batched = Batched(model, len(prompts), None, shares_beginnings=False)
        if _equals_plain(model, batched, prompts, tails, plain):
            return Support(packed, "batched", batched.token_bytes, _shares_beginnings(model))
    alone = Alone(model, cached=True)
    if _equals_plain(model, alone, prompts, tails, plain):
        return Support(packed, "alone", alone.reserved_bytes // sum(map(len, (*prompts, *tails))))
    return Support(packed)


def _choose_lengths(config: Any) -> list[int]:
    """Unequal lengths of prompts, one of them longer than an unknown window."""
    window, context = find_unknown_window(config) or 0, read_context(config)
    lengths = [min(n, max(1, (context - TAIL) // 2)) for n in PROMPTS]
    if max(lengths) < window < min(context - 2 * TAIL, LONGEST_TRIAL):
        lengths[1] = window + TAIL
    return lengths


def _draw_texts(config: Any, lengths: Sequence[int]) -> list[list[int]]:
    """Texts of prompts of some lengths and their tails, without special tokens."""
    text = config.get_text_config(decoder=True)
    named = [getattr(text, f"{kind}_token_id", None) for kind in ("pad", "bos", "eos")]
    special = {token for one in named for token in (one if isinstance(one, list) else [one])}  # ends may be several
    usable = [token for token in range(min(text.vocab_size, 500)) if token not in special]
    rng = np.random.default_rng(0)
    return [rng.choice(usable, length + TAIL).tolist() for length in lengths]


def _read_plain(model: Any, prompt: Sequence[int], tail: Sequence[int]) -> Tensor:
    """Logits [1 + tail, V] of one text by itself, from the prompt's last token on."""
    ids = torch.tensor([[*prompt, *tail]], device=model.device)
    prefix = (
        {"prefix_mask": torch.arange(ids.shape[1], device=ids.device)[None] < len(prompt)}
        if reads_prefix(model.config)
        else {}
    )
    logits: Tensor = model(input_ids=ids, use_cache=False, **prefix).logits
    return logits[0, len(prompt) - 1 :].float()


def _reads_packed_apart(model: Any, first: list[int], second: list[int], plain: Sequence[Tensor]) -> bool:
    ids = torch.tensor([[*first, *second]], device=model.device)
    positions = torch.tensor([[*range(len(first)), *range(len(second))]], device=model.device)
    # A prefix decoder is trained on its labels' prefix; texts of one row are held apart by the same mask.
    prefix = {"prefix_mask": torch.ones_like(ids)} if reads_prefix(model.config) else {}
    try:
        logits = model(input_ids=ids, position_ids=positions, use_cache=False, **prefix).logits[0].float()
    except Exception:  # whatever a class makes of it: it does not take packed texts
        return False
    ends = [logits[len(first) - 1][None], logits[-1][None]]
    return _agree(model, ends, [plain[0][:1], plain[2][:1]])


def _equals_plain(
    model: Any,
    forward: Forward,
    prompts: list[list[int]],
    tails: list[list[int]],
    plain: Sequence[Tensor],
    *,
    apart: bool = False,
) -> bool:
    """Whether ragged texts in one batch, token by token, get the logits of each text by itself.

    With `apart` the first prompt is read before the others.
    """
    count = len(prompts)
    rows = Rows(count, max(map(len, prompts)) + TAIL)
    for row, prompt in enumerate(prompts):
        rows.fill(row, row, GenerationRequest(prompt, SamplingParams(TAIL)))
    try:
        groups = np.split(np.arange(count), [1] if apart else [])
        steps = [torch.cat([forward.prefill(rows, group) for group in groups])]
        for tokens_B in np.asarray(tails).T:
            rows.token[:] = tokens_B
            steps.append(forward.decode(rows, count))
            rows.length += 1
    except Exception:  # whatever a class makes of it: it does not take this way
        return False
    return _agree(model, list(torch.stack(steps, 1).float()), plain)


def _shares_beginnings(model: Any) -> bool:
    """Whether texts that are read behind the kept beginning of another get the logits of each text by itself."""
    if reads_prefix(model.config) or read_context(model.config) < BLOCK_TOKENS + max(PROMPTS) + TAIL:
        return False  # a prompt's end bears on its beginning, or no beginning of a block has room
    texts = _draw_texts(model.config, [BLOCK_TOKENS, *PROMPTS])
    beginning, rests = texts[0][:BLOCK_TOKENS], texts[1:]
    prompts, tails = [[*beginning, *rest[:-TAIL]] for rest in rests], [rest[-TAIL:] for rest in rests]
    plain = [_read_plain(model, p, t) for p, t in zip(prompts, tails, strict=True)]
    batched = Batched(model, len(prompts), None, shares_beginnings=True)
    return _equals_plain(model, batched, prompts, tails, plain, apart=True)


def _agree(model: Any, found: Sequence[Tensor], expected: Sequence[Tensor]) -> bool:
    a, b = torch.cat(list(found)), torch.cat(list(expected))
    if a.shape != b.shape:
        return False
    # In what a sharded model is multiplied only its shards know.
    exact = not isinstance(model, FSDPModule) and all(
        t.dtype == torch.float32 for t in (*model.parameters(), *model.buffers()) if t.dtype != torch.int64
    )
    off = (a - b) / b.std(dim=-1, keepdim=True).clamp_min(1e-6)
    return bool(off.abs().max() <= TOLERANCE if exact else off.square().mean().sqrt() <= TOLERANCE_ROUNDED)


@contextmanager
def _narrow_windows(config: Any) -> Iterator[None]:
    """Windows that would not be reached by a few tokens, made small for a while."""
    before = [
        (part, name, getattr(part, name))
        for part in {id(c): c for c in (config, config.get_text_config(decoder=True))}.values()
        for name in WINDOW_FIELDS
        if type(getattr(part, name, None)) is int and getattr(part, name) > NARROW
    ]
    for part, name, _ in before:
        setattr(part, name, NARROW)
    try:
        yield
    finally:
        for part, name, value in before:
            setattr(part, name, value)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
