"""Where the pairs of a run come from."""

from typing import assert_never

from components.base.errors import ParamsError
from components.datasets.preferences import PreferenceSet
from components.generation.pool import Pool
from components.model.capabilities import read_context
from components.preferences.config import FilePreferencesConfig, PreferencesConfig, SampledPreferencesConfig
from components.preferences.pairs import split_pairs
from components.preferences.rows import read_pairs
from components.preferences.sampling import sample_pairs
from components.tasks.config import SharedConfig


def collect_pairs(cfg: PreferencesConfig, shared: SharedConfig, pool: Pool) -> PreferenceSet:
    """Sampled or read, then split by prompt.

    Raises ParamsError when pairs would not fit the model, DataError when a side has none.
    """
    context = read_context(pool.config)
    if cfg.max_tokens > context:
        raise ParamsError(f"preferences.max_tokens: {cfg.max_tokens} is over the model's context of {context} tokens")
    match cfg:
        case SampledPreferencesConfig():
            found, facts = sample_pairs(cfg, shared, pool)
            origin = "sampled answers"
        case FilePreferencesConfig():
            found, facts = read_pairs(cfg, shared, pool.tokenizer)
            origin = cfg.path
        case _:
            assert_never(cfg)
    return split_pairs(found, cfg.heldout_fraction, cfg.max_tokens, origin, facts)
