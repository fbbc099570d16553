"""Tell the whole run on one page, and hold it to what was promised."""

from pathlib import Path

from components.base.config import SharedConfig
from components.base.metrics import Metrics
from components.report.card import write_card
from components.report.config import ReportConfig
from components.report.page import write_page
from components.report.story import gather_figures, read_story, total_run
from components.report.targets import count_targets, judge_targets


def run(
    cfg: ReportConfig,
    *,
    shared: SharedConfig,
    corpus: Path,
    tokens: Path,
    pretrain: Path,
    sft: Path,
    reward: Path,
    align: Path,
    quantize: Path,
    evaluate: Path,
    serve: Path,
    out: Path,
) -> Metrics:
    """Write `report.html` and `model_card.md`; returns totals over all stages before this one."""
    story = read_story(
        corpus=corpus, tokens=tokens, pretrain=pretrain, sft=sft, reward=reward,
        align=align, quantize=quantize, evaluate=evaluate, serve=serve,
    )  # fmt: skip
    verdicts = judge_targets(cfg.targets, gather_figures(story))
    write_page(out / "report.html", story, verdicts, cfg)
    write_card(out / "model_card.md", story, verdicts, cfg)
    return {**total_run(story), **count_targets(verdicts)}
