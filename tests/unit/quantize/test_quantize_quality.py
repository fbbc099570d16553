"""Loss and exact match as quantization measures them."""

from pathlib import Path

from components.problems.generator import generate_problems
from components.quantize.config import QualityConfig
from components.quantize.quality import Probe
from tests.tiny import SHARED, make_model, make_tokenizer, write_tokens

QUALITY = QualityConfig(batches=2, batch_size=3, seq_len=24, problems=4, max_new_tokens=6)


def test_the_probe_never_asks_a_test_problem(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    probe = Probe(QUALITY, SHARED, write_tokens(tokenizer, tmp_path), tokenizer)
    asked = {problem.question for problem in probe._problems}
    held_out = {p.question for p in generate_problems(SHARED, "test", 200)}
    assert len(asked) == QUALITY.problems and not asked & held_out


def test_the_probe_measures_the_same_model_alike_twice(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    probe = Probe(QUALITY, SHARED, write_tokens(tokenizer, tmp_path), tokenizer)
    model = make_model(tokenizer)
    assert probe.measure(model, "once") == probe.measure(model, "twice")
