"""Where the pairs of a run come from."""

from typing import assert_never

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.errors import ParamsError
from components.model.capabilities import read_context
from components.reward.config import FilePairs, RewardConfig, SampledPairs
from components.reward.files import read_pairs
from components.reward.pairs import Pairs, split_pairs
from components.reward.sampling import sample_pairs
from components.tasks.config import SharedConfig


def collect_pairs(
    cfg: RewardConfig, shared: SharedConfig, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> Pairs:
    """Sampled or read, then split by prompt.

    Raises ParamsError when pairs would not fit the model, DataError when a side has none.
    """
    context = read_context(model.config)
    if cfg.max_tokens > context:
        raise ParamsError(f"reward.max_tokens: {cfg.max_tokens} is over the model's context of {context} tokens")
    match cfg.data:
        case SampledPairs():
            found, facts = sample_pairs(cfg.data, shared, model, tokenizer)
            origin = "sampled answers"
        case FilePairs():
            found, facts = read_pairs(cfg.data, tokenizer)
            origin = cfg.data.path
        case _:
            assert_never(cfg.data)
    pairs = split_pairs(found, cfg.heldout_fraction, cfg.max_tokens, origin)
    return Pairs(pairs.train, pairs.heldout, {**facts, **pairs.counts})
