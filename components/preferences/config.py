"""Where preference pairs come from."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, PositiveInt
from components.tasks.config import Names


class _PreferencesConfig(Config):
    heldout_fraction: Annotated[float, Field(gt=0.0, lt=1.0)]
    """Share of the prompts, with all their pairs, on which nothing is trained: what reward and align are judged by."""
    max_tokens: PositiveInt
    """A pair with a longer side, prompt and answer together, is left out and counted."""


class SampledPreferencesConfig(_PreferencesConfig):
    """The sft model answers unconstrained instructions; each task's own judge says which answers are right."""

    kind: Literal["sampled"]
    tasks: Names | None = None
    """Whose items are asked, by name, in equal shares; null takes all that have items for preferences."""
    prompts: PositiveInt
    """Instructions that are asked, each once; fewer where the tasks have fewer."""
    samples_per_prompt: Annotated[int, Field(ge=2)]
    """Answers to each."""
    temperature: Annotated[float, Field(gt=0.0)]
    """Divides the logits before sampling; 1 samples from the model as it is."""
    top_p: Annotated[float, Field(gt=0.0, le=1.0)]
    """Nucleus sampling (Holtzman et al. 2020): the likeliest tokens that together have this probability."""
    max_new_tokens: PositiveInt
    """Longest answer in tokens; a longer one is cut off, and never preferred."""
    max_pairs_per_prompt: PositiveInt
    """Combinations of a preferred and another answer that are kept of each prompt, drawn at random."""


class FilePreferencesConfig(_PreferencesConfig):
    """The user's `chosen` and `rejected`, with or without a `prompt`, or as "Human: … Assistant: …" dialogues."""

    kind: Literal["jsonl", "parquet"]
    path: str
    """A file, a folder or a glob of rows; relative to the repository."""


PreferencesConfig = SampledPreferencesConfig | FilePreferencesConfig
