"""The figures of a pretrained model, beside the n-gram baseline on the same text."""

import statistics
from pathlib import Path

from components.base.metrics import Metrics, read_curves
from components.model.llama import count_parameters
from components.pretrain.config import TrainingConfig
from components.pretrain.evaluation import convert_to_bits_per_byte, measure_validation_loss
from components.pretrain.loop import count_steps
from components.pretrain.ngram import NgramModel
from components.runtime.folder import load_model
from components.shards.reader import ShardSet


def summarise(cfg: TrainingConfig, tokens: Path, out: Path) -> Metrics:
    """Measure the saved model and the baseline on the whole validation split."""
    train_set, validation_set = ShardSet(tokens, "train"), ShardSet(tokens, "validation")
    model = load_model(out / "model")
    loss = measure_validation_loss(model, validation_set, seq_len=cfg.seq_len, max_sequences=None)
    ngram = NgramModel(train_set.read(0, train_set.total_tokens), cfg.ngram_order, model.config.vocab_size)
    ngram_loss = ngram.measure_loss(validation_set.read(0, validation_set.total_tokens))
    rates = [float(row["tokens_per_s"]) for row in read_curves(out / "curves.csv")]
    return {
        "val_loss": loss,
        "bits_per_byte": convert_to_bits_per_byte(loss, validation_set),
        "ngram_val_loss": ngram_loss,
        "ngram_bits_per_byte": convert_to_bits_per_byte(ngram_loss, validation_set),
        "parameters": count_parameters(model),
        "tokens_per_s": round(statistics.median(rates)) if rates else 0,
        "trained_tokens": count_steps(cfg) * cfg.global_batch_tokens,
        "steps": count_steps(cfg),
    }
