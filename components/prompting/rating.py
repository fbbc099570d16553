"""What the run's own reward model thinks of answers."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.model.config import Dtype
from components.prompting.asker import RateAll
from components.runtime.folder import load_reward_model
from components.scoring.rewards import score_texts
from components.text.chat import render_chat
from components.text.tokenizer import load_tokenizer


def open_rater(folder: Path, dtype: Dtype) -> RateAll:
    """Rates answers, each given with its question, by the reward model in a folder, which is read when it is first
    asked."""

    @cache
    def load() -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
        return load_reward_model(folder, dtype), load_tokenizer(folder)

    def rate(pairs: Sequence[tuple[str, str]]) -> list[float]:
        model, tokenizer = load()
        turns = [
            [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            for question, answer in pairs
        ]
        texts = [render_chat(tokenizer, messages, add_generation_prompt=False) for messages in turns]
        return [round(value, 6) for value in score_texts(model, texts).tolist()]

    return rate
