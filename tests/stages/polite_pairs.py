"""Preferences that are easy to see, as the user's rows and as the artifact that they become."""

import json
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from components.datasets.preferences import write_preferences
from components.preferences.config import FilePreferencesConfig
from components.preferences.pairs import split_pairs
from components.preferences.rows import read_pairs
from components.text.tokenizer import hash_tokenizer
from tests.tiny import SHARED

ROWS = 60


def write_polite_rows(path: Path) -> FilePreferencesConfig:
    """Polite answers are preferred to rude ones; every third row says its prompt in both answers once more."""
    rows = []
    for i in range(ROWS):
        prompt = f"Give me {i} apples."
        again = f"{prompt} " if i % 3 == 0 else ""
        row = {"prompt": prompt, "chosen": f"{again}Gladly, here are {i}.", "rejected": f"{again}No, not {i}."}
        rows.append({**row, "annotator": 7})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return FilePreferencesConfig(kind="jsonl", path=str(path), heldout_fraction=0.3, max_tokens=128)


def write_polite_pairs(tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    """The artifact of the stage `preferences`; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    cfg = write_polite_rows(folder / "rows.jsonl")
    pairs, counts = read_pairs(cfg, SHARED, tokenizer)
    found = split_pairs(pairs, cfg.heldout_fraction, cfg.max_tokens, cfg.path, counts)
    write_preferences(found, folder, hash_tokenizer(tokenizer))
    return folder
