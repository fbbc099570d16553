"""The base model learns to follow instructions."""

from pathlib import Path

from components.metrics.figures import merge
from components.metrics.forgetting import compare_losses
from components.metrics.training import SftMetrics
from components.runtime.folder import load_folder
from components.scoring.validation_text import measure_text_loss
from components.sft.adapters import require_targets
from components.sft.config import SftConfig
from components.sft.dataset import build_examples
from components.sft.evaluation import ask_model, measure_answer_loss, summarise, write_samples
from components.sft.training import train_model
from components.tasks.config import SharedConfig


def run(cfg: SftConfig, *, shared: SharedConfig, pretrain: Path, tokens: Path, out: Path) -> SftMetrics:
    """Write `out/model`, `out/curves.csv` and `out/answers.jsonl`; return losses and exact match by style."""
    base = pretrain / "model"
    model, tokenizer = load_folder(base)
    require_targets(cfg, model)
    examples = build_examples(cfg, shared, model, tokenizer, tokens)
    loss_before = measure_answer_loss(model, examples.validation)
    text_before = measure_text_loss(model, tokenizer, tokens, shared.validation_text)

    trained = train_model(cfg, shared, examples, base, out)

    model, tokenizer = load_folder(out / "model")
    samples = ask_model(model, tokenizer, cfg.evaluation, shared)
    write_samples(samples, out / "answers.jsonl")

    losses = SftMetrics(val_loss=measure_answer_loss(model, examples.validation), val_loss_before=loss_before)
    text_after = measure_text_loss(model, tokenizer, tokens, shared.validation_text)
    forgotten = compare_losses(SftMetrics, text_after, text_before)
    return merge(examples.counts, trained, summarise(samples), losses, forgotten)
