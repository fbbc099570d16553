"""The INT8 model behind an OpenAI-compatible API: booted, asked, measured, shut down."""

from pathlib import Path

from components.generation.pool import open_pool
from components.metrics.deployment import ServeMetrics
from components.metrics.figures import merge
from components.runtime.cluster import read_cluster
from components.serve.config import ServeConfig
from components.serve.deployment import write_serve_config
from components.serve.load_test import answer_offline, check_parity, draw_questions, measure_load, require_answers
from components.serve.session import make_settings, serve_session
from components.serve.suggestions import suggest_questions
from components.tasks.config import SharedConfig


def run(cfg: ServeConfig, *, shared: SharedConfig, quantize: Path, out: Path) -> ServeMetrics:
    """Serve `quantize/model`, hold its answers to offline ones, measure it, and write `out/serve_config.yaml`."""
    cluster = read_cluster().serve
    with open_pool(quantize / "model", shared.inference, tool=shared.tool) as pool:
        questions = draw_questions(cfg, shared, pool)
        offline = answer_offline(pool, questions, cfg.max_tokens)
    suggestions = suggest_questions(cfg, shared, questions, offline)
    settings = make_settings(cfg, shared.inference, quantize / "model", cluster, suggestions, shared.tool)

    with serve_session(settings) as url:
        parity = check_parity(url, cfg.model_name, questions, offline, cfg.max_tokens)
        load = measure_load(url, cfg.model_name, questions, cfg.load, cfg.max_tokens)

    require_answers(parity, load)
    write_serve_config(out / "serve_config.yaml", settings, cluster)
    return merge(ServeMetrics(parity=parity), load)
