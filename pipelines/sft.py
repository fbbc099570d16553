"""The base model learns to follow instructions."""

from pathlib import Path

from components.generation.pool import open_pool
from components.metrics.figures import merge
from components.metrics.forgetting import compare_losses
from components.metrics.training import SftMetrics
from components.scoring.validation_text import measure_text_loss
from components.sft.config import SftConfig
from components.sft.dataset import build_examples
from components.sft.evaluation import ask_model, measure_answer_loss, summarise, write_samples
from components.sft.targets import require_targets
from components.sft.training import train_model
from components.tasks.config import SharedConfig


def run(cfg: SftConfig, *, shared: SharedConfig, pretrain: Path, tokens: Path, out: Path) -> SftMetrics:
    """Write `out/model`, `out/curves.csv` and `out/answers.jsonl`; return losses and exact match by style."""
    base = pretrain / "model"
    with open_pool(base, shared.inference, tool=shared.tool) as pool:
        pool.run(require_targets, cfg)
        examples = build_examples(cfg, shared, pool, tokens, out / "samples")
        loss_before = pool.run(measure_answer_loss, examples.validation.file)
        text_before = pool.run(measure_text_loss, pool.tokenizer, tokens, shared.validation_text)

    trained = train_model(cfg, shared, examples, base, out)

    with open_pool(out / "model", shared.inference, tool=shared.tool) as pool:
        samples = ask_model(pool, cfg.evaluation, shared)
        loss_after = pool.run(measure_answer_loss, examples.validation.file)
        text_after = pool.run(measure_text_loss, pool.tokenizer, tokens, shared.validation_text)
    write_samples(samples, out / "answers.jsonl")
    examples.remove()

    losses = SftMetrics(val_loss=loss_after, val_loss_before=loss_before)
    forgotten = compare_losses(SftMetrics, text_after, text_before)
    return merge(examples.counts, trained, summarise(samples), losses, forgotten)
