"""Tell the whole run on one page, and hold it to what was promised."""

from pathlib import Path

from components.metrics.deployment import ReportMetrics
from components.metrics.figures import merge
from components.report.card import write_card
from components.report.config import ReportConfig
from components.report.page import write_page
from components.report.run_record import gather_figures, read_run, total_run
from components.report.targets import check_targets, count_targets
from components.tasks.config import SharedConfig


def run(
    cfg: ReportConfig,
    *,
    shared: SharedConfig,
    corpus: Path,
    tokens: Path,
    pretrain: Path,
    sft: Path,
    preferences: Path,
    reward: Path,
    align: Path,
    quantize: Path,
    evaluate: Path,
    icl: Path,
    serve: Path,
    out: Path,
) -> ReportMetrics:
    """Write `report.html` and `model_card.md`; returns totals over all stages before this one."""
    record = read_run(
        corpus=corpus, tokens=tokens, pretrain=pretrain, sft=sft,
        preferences=preferences, reward=reward, align=align, quantize=quantize, evaluate=evaluate, icl=icl,
        serve=serve,
    )  # fmt: skip
    target_results = check_targets(cfg.targets, gather_figures(record), shared.tasks)
    write_page(out / "report.html", record, target_results, cfg)
    write_card(out / "model_card.md", record, target_results, cfg)
    return merge(total_run(record), count_targets(target_results))
