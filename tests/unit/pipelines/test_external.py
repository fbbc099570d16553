"""A stage swapped for a user's own function, and what is said when it cannot be."""

from pathlib import Path

import pytest

from components.base.config import ExternalConfig
from components.base.errors import ParamsError
from pipelines.runner import find_upstream, resolve_stage


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outsider.py").write_text(
        "def fits(cfg, *, shared, tokens, sft, preferences, reward, out): return {'beta': cfg.options['beta']}\n"
        "def lacks_reward(cfg, *, shared, tokens, sft, preferences, out): return {}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def external(target: str) -> ExternalConfig:
    return ExternalConfig(kind="external", target=target, options={"beta": 0.1})


def test_a_function_with_the_stages_signature_takes_its_place(tmp_path: Path) -> None:
    cfg = external("outsider:fits")
    stage = resolve_stage("align", cfg)
    assert find_upstream(stage) == ("tokens", "sft", "preferences", "reward")
    upstream = dict.fromkeys(find_upstream(stage), tmp_path)
    assert stage(cfg, shared=None, **upstream, out=tmp_path) == {"beta": 0.1}


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (
            "outsider:lacks_reward",
            r"'outsider:lacks_reward' must take \(cfg, \*, shared, tokens, sft, preferences, reward, out\)",
        ),
        ("outsider:absent", r"align\.target: 'outsider:absent' cannot be imported"),
        ("no_such_package:run", r"align\.target: 'no_such_package:run' cannot be imported"),
    ],
)
def test_another_one_is_refused_in_one_line(target: str, reason: str) -> None:
    with pytest.raises(ParamsError, match=reason):
        resolve_stage("align", external(target))
