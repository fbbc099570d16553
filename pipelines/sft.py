"""The base model learns to follow instructions."""

from pathlib import Path

from components.base.config import SharedConfig
from components.base.metrics import Metrics
from components.runtime.folder import load_folder
from components.sft.adapters import require_targets
from components.sft.config import SftConfig
from components.sft.dataset import build_examples
from components.sft.exam import grade, measure_answer_loss, sit_exam, write_answers
from components.sft.training import train_model


def run(cfg: SftConfig, *, shared: SharedConfig, pretrain: Path, out: Path) -> Metrics:
    """Write `out/model`, `out/curves.csv` and `out/answers.jsonl`; return losses and exact match by style."""
    base = pretrain / "model"
    model, tokenizer = load_folder(base)
    require_targets(cfg, model)
    examples = build_examples(cfg, shared, model, tokenizer)
    loss_before = measure_answer_loss(model, examples.validation)

    trained = train_model(cfg, shared, examples, base, out)

    model, tokenizer = load_folder(out / "model")
    answers = sit_exam(model, tokenizer, cfg.exam, shared)
    write_answers(answers, out / "answers.jsonl")

    val_loss = measure_answer_loss(model, examples.validation)
    return {**examples.counts, **trained, **grade(answers), "val_loss": val_loss, "val_loss_before": loss_before}
