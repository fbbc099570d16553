"""Loss and exact match as quantization measures them."""

from pathlib import Path

from components.generation.pool import LocalPool
from components.quantize.config import QualityConfig
from components.quantize.quality import QualityEvaluator
from components.tasks.run_tasks import draw_items
from tests.tiny import SHARED, make_model, make_tokenizer, write_tokens

QUALITY = QualityConfig(items=4, max_new_tokens=6)


def test_the_probe_never_asks_a_test_problem(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    evaluator = QualityEvaluator(QUALITY, SHARED, write_tokens(tokenizer, tmp_path))
    asked = {item.question for item in evaluator._items}
    held_out = {item.question for item in draw_items(SHARED, "test", 200)}
    assert len(asked) == QUALITY.items and not asked & held_out


def test_the_evaluator_measures_the_same_model_alike_twice(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    evaluator = QualityEvaluator(QUALITY, SHARED, write_tokens(tokenizer, tmp_path))
    pool = LocalPool(make_model(tokenizer), tokenizer)
    assert evaluator.measure(pool, "once") == evaluator.measure(pool, "twice")
