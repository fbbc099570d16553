"""The traces of a made-up run, whose curves and figures have a real run's shape, for the report to tell."""

import json
import math
import random
from pathlib import Path

from components.base.files import write_json
from components.base.manifest import find_record
from components.corpus.banding import Bands
from components.corpus.curve import measure_curve
from components.corpus.funnel import RULES
from components.metrics.data import (
    CorpusMetrics,
    FunnelRow,
    NearDuplicateSearch,
    PreferencesMetrics,
    SourceFigures,
    TokensMetrics,
)
from components.metrics.deployment import (
    Cell,
    Comparison,
    EvaluateMetrics,
    LoadFigures,
    QuantizeMetrics,
    ServeMetrics,
    Table,
)
from components.metrics.figures import StageFigures
from components.metrics.probes import LinearFunctionFigures, ModelProbes
from components.metrics.prompting import GridCell, IclMetrics
from components.metrics.training import AlignMetrics, PretrainMetrics, RewardMetrics, SftMetrics

PARAMS_RUN = {"kind": "made_up", "kl_budget": 2.0, "confidence": 0.95}
INPUTS = {
    "corpus": [], "tokens": ["corpus"], "pretrain": ["tokens"], "sft": ["tokens", "pretrain"],
    "preferences": ["sft"], "reward": ["sft", "preferences"], "align": ["sft", "reward"],
    "quantize": ["align", "tokens"], "serve": ["quantize"],
    "evaluate": ["pretrain", "sft", "align", "quantize"],
    "icl": ["tokens", "pretrain", "sft", "reward", "align", "quantize"],
}  # fmt: skip
WALL_S = {
    "corpus": 58.2, "tokens": 21.4, "pretrain": 284.0, "sft": 96.5, "preferences": 24.2, "reward": 71.3, "align": 187.9,
    "quantize": 33.1, "evaluate": 44.8, "serve": 41.7, "icl": 20.0,
}  # fmt: skip
METHODS = {"zero_shot": 0.0, "few_shot": -0.02, "zero_shot_cot": 0.42, "few_shot_cot": 0.44, "self_consistency": 0.49}
MODELS = {"base": 0.06, "sft": 0.16, "aligned": 0.19, "int8": 0.186}
FUNNEL = [
    (rule, 40 + 977 * (index % 5), 9_812 + 190_233 * (index % 7)) for index, rule in enumerate(RULES[:8] + RULES[-3:])
]


def make_evaluation() -> Table:
    def make_cell(value: float) -> Cell:
        value = max(value, 0.01)
        half = 1.96 * math.sqrt(value * (1 - value) / 500)
        return Cell(exact_match=value, low=max(value - half, 0.0), high=value + half, n=500)

    return {m: {k: make_cell(start + gain) for k, gain in METHODS.items()} for m, start in MODELS.items()}


def make_probes() -> dict[str, ModelProbes]:
    """A head that tuning makes and INT8 dulls."""
    scores = {"base": 0.05, "sft": 0.62, "aligned": 0.6, "int8": 0.41}
    return {
        model: ModelProbes(
            induction_score=score, even_score=0.04, induction_heads=int(score > 0.3), prefix_matching=[[score, 0.1]],
            in_context_score=-score, in_context_low=-score - 0.1, in_context_high=0.1 - score,
            curve={"0": 4.0, "1": 4.0 - score, "2": 3.8 - score},
        )
        for model, score in scores.items()
    }  # fmt: skip


def make_cells() -> list[GridCell]:
    """A baseline and a cell beside it, of two models."""
    parts = {"selection": "random", "order": "as_selected", "format": "as_trained", "method": "direct", "tool": "none"}
    costs = {"prompt_tokens": 9000, "computed_tokens": 4200, "generated_tokens": 900, "seconds": 1.2}
    scores = {"exact_match": 0.6, "low": 0.5, "high": 0.7, "n": 100, "sensitivity": {"selection": 0.05}, **costs}
    against = {"exact_match": 0.65, "difference": 0.05, "p_value": 0.03, "overlapping": 8}
    rows = [scores, {**scores, "selection": "knn", **against, "exact_match_without_overlap": 0.62}]
    return [
        GridCell.model_validate({**parts, "shots": 2, "draw": 0, "task": "word_problems", "model": model, **row})
        for model in ("sft", "int8")
        for row in rows
    ]


def make_load(clients: int) -> LoadFigures:
    return LoadFigures(
        p50_ms=38.0 * clients**0.7, p95_ms=61.0 * clients**0.74, first_token_p50_ms=9.0 * clients**0.6,
        requests_ok=64, requests_failed=0, requests_per_s=21.0 * clients**0.28, tokens_per_s=610.0 * clients**0.3,
    )  # fmt: skip


def make_corpus() -> CorpusMetrics:
    funnel = [FunnelRow(rule=r, documents=d, bytes=b) for r, d, b in [*FUNNEL, ("kept", 61_240, 18_404_112)]]
    search = NearDuplicateSearch(
        threshold=0.8, bands=20, rows=8, compared_pairs=90, dropped=41, curve=measure_curve(Bands(20, 8))
    )
    return CorpusMetrics(
        documents_in=65_724, documents_out=61_240, bytes_out=18_404_112, funnel=funnel,
        redactions={"email": 31, "ip": 12, "secret": 4}, near_duplicates={"stdlib": search},
        sources={"stdlib": SourceFigures(share_of_bytes=0.083, bytes_out=1_527_541),
                 "word_problems": SourceFigures(share_of_bytes=0.917, bytes_out=16_876_571)},
    )  # fmt: skip


def make_metrics() -> dict[str, StageFigures]:
    return {
        "corpus": make_corpus(),
        "tokens": TokensMetrics(train_tokens=6_204_118, vocab_size=768, bytes_per_token=2.967),
        "pretrain": PretrainMetrics(val_loss=1.204, bits_per_byte=0.913, ngram_bits_per_byte=1.327,
                                    parameters=886_784, steps=600),
        "sft": SftMetrics(exact_match_cot=0.642, exact_match_direct=0.112, corpus_val_loss=1.31,
                          corpus_val_loss_base=1.204, corpus_val_loss_rise=0.106),
        "preferences": PreferencesMetrics(train_pairs=823, heldout_pairs=202, sft_accuracy=0.61),
        "reward": RewardMetrics(heldout_accuracy=0.781, heldout_margin=1.04),
        "align": AlignMetrics(exact_match_before=0.372, exact_match_after=0.638, kl_to_sft=1.12, reward_before=0.21,
                              reward_after=1.94, rollout_logprob_gap=3e-6, corpus_val_loss=1.40,
                              corpus_val_loss_base=1.204, corpus_val_loss_rise=0.196),
        "quantize": QuantizeMetrics(
            size_ratio=0.271, val_loss_rise=0.0034, exact_match_drop=0.028, val_loss_before=1.2041,
            val_loss_after=1.2082, exact_match_before=0.638, exact_match_after=0.61, decode_speedup_fp32=0.91,
            decode_speedup_bf16=1.22, corpus_val_loss=1.4053, corpus_val_loss_base=1.204, corpus_val_loss_rise=0.2013,
            decode_tokens_per_s={"fp32": 2104.0, "bf16": 1569.0, "int8": 1915.0},
            prefill_tokens_per_s={"fp32": 61204.0, "bf16": 58010.0, "int8": 70133.0}),
        "evaluate": EvaluateMetrics(task="word_problems", table=make_evaluation(), comparisons={"aligned": {
            "self_consistency_minus_greedy_cot": Comparison(difference=0.05, low=0.01, high=0.09, p_value=0.02)}}),
        "icl": IclMetrics(cells=make_cells(), cells_asked=4, best_difference=0.05, largest_spread=0.05,
                          probes=make_probes(), linear_functions=LinearFunctionFigures(
                              model=[1.02, 0.49, 0.21, 0.08], least_squares=[1.0, 0.5, 0.0, 0.0])),
        "serve": ServeMetrics(parity=True, requests_ok=256, requests_failed=0, p50_ms=71.0, p95_ms=132.0,
                              tokens_per_s=1804.0, load={str(c): make_load(c) for c in (1, 4, 16, 32)}),
    }  # fmt: skip


def make_curves(stage: str) -> list[dict[str, float | str]]:
    """Noisy curves; PPO's ground truth falls in the last third while its reward goes on rising."""
    rng = random.Random(stage)
    rows: list[dict[str, float | str]] = []
    for step in range(1, {"pretrain": 600, "sft": 160, "reward": 120, "align": 40}[stage] + 1):
        noise = rng.gauss(0, 1)
        if stage == "align":
            truth = 0.38 + 0.27 * (1 - math.exp(-step / 8)) - 0.009 * max(step - 28, 0)
            rows.append({
                "step": step, "reward": 0.2 + 0.052 * step + 0.06 * noise, "kl": 1.4 * (1 - math.exp(-step / 14)),
                "exact_match": round(truth, 4) if step % 4 == 0 else "", "worked_share": 1 - 0.5 * math.exp(-step / 6),
                "sampled_accuracy": 0.8 * truth + 0.03 * noise,
                "response_tokens": 22 + 26 * (1 - math.exp(-step / 9)) + noise, "entropy": 0.5 * math.exp(-step / 18),
                "clip_fraction": abs(0.06 + 0.02 * noise), "explained_variance": 0.8 - 0.7 * math.exp(-step / 7),
                "policy_loss": -0.01, "value_loss": 0.5 * math.exp(-step / 10) + 0.05 + 0.01 * abs(noise),
                "kl_coef": 0.2,
            })  # fmt: skip
        elif stage == "reward":
            loss = 0.69 - 0.2 * (1 - math.exp(-step / 40)) + 0.05 * noise
            rows.append({"step": step, "loss": loss, "accuracy": min(1.0, 0.5 + 0.3 * (1 - math.exp(-step / 30)))})
        else:
            loss = (5.2 if stage == "pretrain" else 0.9) * math.exp(-step / 45) + 1.15 * (stage == "pretrain")
            val = 1.02 * loss + 0.03
            seen = {"val_loss": val if step % 50 == 0 or step == 1 else ""}
            rows.append({"step": step, "loss": loss + 0.42 * abs(noise) * 0.2, **(seen if stage == "pretrain" else {})})
    return rows


def write_run(root: Path) -> dict[str, Path]:
    """An artifact folder of each stage with a manifest each, and their records."""
    metrics = make_metrics()
    for index, (stage, upstream) in enumerate(INPUTS.items()):
        folder = root / stage
        folder.mkdir(parents=True)
        manifest = {"stage": stage, "content_sha256": digest(stage), "metrics": {}}
        record = {
            "stage": stage, "params": PARAMS_RUN, "shared": {}, "seed": 17,
            "inputs": {name: digest(name) for name in upstream}, "code": digest("code" + stage),
            "metrics": metrics[stage].to_json(), "wall_s": WALL_S[stage],
            "peak_memory_gb": 1.2 + 0.279 * index, "started_at": f"2026-01-05T09:{10 + index}:00+00:00",
            "versions": {"torch": "2.13.0", "ray": "2.60.0", "transformers": "5.23.0"}, "python": "3.11.9",
            "hardware": {"cpu": "Example CPU @ 2.6 GHz", "cores": 2, "memory_gb": 24.0, "gpu": []},
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        write_json(find_record(folder) / "record.json", record)
        if stage in {"pretrain", "sft", "reward", "align"}:
            rows = make_curves(stage)
            lines = [",".join(rows[0]), *(",".join(str(v) for v in row.values()) for row in rows)]
            (folder / "curves.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {stage: root / stage for stage in INPUTS}


def digest(text: str) -> str:
    return random.Random(text).randbytes(32).hex()
