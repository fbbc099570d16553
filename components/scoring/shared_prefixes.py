"""Log-likelihoods of many continuations, each token that texts have in common read once.

A prefix that items share (the demonstrations of a few-shot prompt) is read once and kept as keys and values; contexts
and choices behind it are packed into one row as a tree, by a mask of who sees whom and positions that begin anew with
each branch. The output head sees only where something is predicted. A trial says whether a model takes such a
mask.

Shapes: N nodes of a tree, P tokens of its prefix, S scored nodes, V vocabulary, B texts, T positions.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from components.model.capabilities import (
    find_rotary_switch,
    find_unknown_window,
    is_encoder_decoder,
    read_reach,
    reads_prefix,
)
from components.scoring.choices import Likelihood
from components.scoring.logprobs import CHUNK_ENTRIES
from components.scoring.prefix_cache import PrefixCache
from components.scoring.token_trees import Family, Text, Tree, find_families, grow_trees

TREE_NODES = 256
"""Tokens of one forward pass; more of them see each other in vain, fewer keep the processor waiting."""
TOLERANCE, TOLERANCE_ROUNDED = 1e-3, 0.1
"""Difference of a trial's logits in standard deviations: the largest of float32 weights, root mean square of others."""
_trials: "WeakKeyDictionary[Any, bool]" = WeakKeyDictionary()


@torch.inference_mode()
def score_trees(model: Any, texts: Sequence[Text]) -> list[Likelihood]:
    """Likelihoods of texts, each with a context and a continuation, in the order given."""
    found: dict[int, Likelihood] = {}
    for family in find_families(texts):
        found |= _score_family(model, family, texts)
    return [found[place] for place in range(len(texts))]


def takes_trees(model: Any) -> bool:
    """Whether branches of one row are to the model as texts apart; tried once on a few tokens."""
    if model not in _trials:
        _trials[model] = _sees_everything(model.config) and _try_tree(model)
    return _trials[model]


def _sees_everything(config: Any) -> bool:
    """Whether each token sees all before it and none behind, at any distance: then a mask says all there is."""
    text = config.get_text_config(decoder=True)
    return (
        not is_encoder_decoder(config)
        and not reads_prefix(config)
        and read_reach(config) == ("full", 0)
        and find_unknown_window(config) is None
        and find_rotary_switch(config) is None
        and getattr(text, "attention_kind", "full") not in ("sliding_window", "factorized")
    )


def _score_family(model: Any, family: Family, texts: Sequence[Text]) -> dict[int, Likelihood]:
    cache = _read_prefix(model, texts[family.places[0]].read[: family.shared])
    vocabulary = int(model.config.get_text_config(decoder=True).vocab_size)
    most = max(1, CHUNK_ENTRIES // vocabulary)
    found: dict[int, Likelihood] = {}
    for tree in grow_trees(family, texts, max_nodes=TREE_NODES, max_predicted=most):
        scored_S = np.unique(np.concatenate([np.asarray(path) for path in tree.paths.values()]))
        logprobs_SV = _run_tree(model, tree, scored_S, cache).float().log_softmax(-1)
        likeliest_S = logprobs_SV.argmax(-1)
        for place, path in tree.paths.items():
            rows = torch.from_numpy(np.searchsorted(scored_S, path)).to(logprobs_SV.device)
            targets = torch.tensor(texts[place].continuation, device=logprobs_SV.device)
            logprob = float(logprobs_SV[rows, targets].double().sum())
            found[place] = Likelihood(logprob, bool((likeliest_S[rows] == targets).all()))
    return found


def _read_prefix(model: Any, ids: Sequence[int]) -> PrefixCache | None:
    """Keys and values of tokens that all texts of a family begin with; None for no token."""
    if not ids:
        return None
    cache = PrefixCache()
    ids_1P = torch.tensor([ids], device=model.device)
    places_1P = torch.arange(len(ids), device=model.device)[None]
    model(input_ids=ids_1P, position_ids=places_1P, past_key_values=cache, use_cache=True, logits_to_keep=1)
    cache.freeze(len(ids))
    return cache


def _run_tree(model: Any, tree: Tree, scored_S: Any, cache: PrefixCache | None) -> Tensor:
    """Logits [S, V] at some nodes of a tree."""
    seen_NN = torch.from_numpy(tree.see())
    before_NP = torch.ones(len(tree.tokens), tree.shared, dtype=torch.bool)
    seen = torch.cat([before_NP, seen_NN], dim=1)
    mask = torch.zeros(seen.shape, dtype=model.dtype).masked_fill_(~seen, float("-inf")).to(model.device)
    logits_1SV: Tensor = model(
        input_ids=torch.tensor([tree.tokens], device=model.device),
        attention_mask=mask[None, None],
        position_ids=torch.tensor([tree.depths], device=model.device),
        past_key_values=cache,
        use_cache=cache is not None,
        logits_to_keep=torch.from_numpy(scored_S).to(model.device),
    ).logits
    return logits_1SV[0]


def _try_tree(model: Any) -> bool:
    """Whether a prefix with two branches, one of them with two twigs, gets each text's own logits."""
    vocabulary = int(model.config.get_text_config(decoder=True).vocab_size)
    ids = np.random.default_rng(0).integers(0, vocabulary, 20).tolist()
    prefix, first, second = ids[:6], ids[6:12], ids[12:16]
    reads = [[*prefix, *first], [*prefix, *second, *ids[16:18]], [*prefix, *second, *ids[18:20]]]
    training = model.training
    model.eval()
    try:
        tree = Tree(len(prefix))
        for place, read in enumerate(reads):
            tree.add(place, read, 1)
        scored_S = np.asarray([path[-1] for path in tree.paths.values()])
        found_SV = _run_tree(model, tree, scored_S, _read_prefix(model, prefix)).float()
        plain = [model(input_ids=torch.tensor([read], device=model.device), use_cache=False).logits for read in reads]
    except Exception:  # whatever a class makes of it: it does not take trees
        return False
    finally:
        model.train(training)
    expected_SV = torch.stack([logits[0, -1].float() for logits in plain])
    apart = (found_SV - expected_SV) / expected_SV.std()
    if model.dtype == torch.float32:
        return bool(apart.abs().max() < TOLERANCE)
    return bool(apart.square().mean().sqrt() < TOLERANCE_ROUNDED)
