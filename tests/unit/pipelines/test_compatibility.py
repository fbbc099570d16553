"""Options that do not go together are refused with the reason, and docs/model-options.md shows the same table."""

from typing import Any

import pytest

from components.base.errors import ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from pipelines.compatibility import check_compatibility, count_sentinels, draw_table, read_rules
from pipelines.graph import list_needed_stages
from pipelines.params import STAGES, Params
from tests.trees import ROOT


def make_params(**choices: Any) -> Params:
    """params.yaml with some of its values, by path, replaced."""
    plain = read_yaml(ROOT / "params.yaml")
    for path, value in choices.items():
        *sections, key = path.split("__")
        target = plain
        for section in sections:
            target = target[section]
        target[key] = value
    params: Params = validate(Params, plain, where="params.yaml")
    return params


def refuse(choices: dict[str, Any], stages: tuple[str, ...] = STAGES) -> str:
    with pytest.raises(ParamsError) as caught:
        check_compatibility(make_params(**choices), stages)
    return str(caught.value)


def test_the_default_goes_together() -> None:
    check_compatibility(make_params(), STAGES)


def test_deepnorm_needs_its_place() -> None:
    said = refuse({"pretrain__model__norm__kind": "deepnorm"})
    assert "pretrain.model.norm.kind 'deepnorm' with pretrain.model.norm.position 'pre' is refused" in said
    assert "set norm.position to post" in said


def test_an_encoder_decoder_is_pretrained_and_goes_no_further() -> None:
    pair = {"pretrain__model__architecture": "encoder_decoder", "pretrain__objective__kind": "span_corruption"}
    check_compatibility(make_params(**pair), ["code", "corpus", "tokens", "pretrain"])
    said = refuse(pair)
    for stage in ("sft", "reward", "align", "quantize", "evaluate", "icl", "serve"):
        assert f"in stage {stage} is refused: " in said


def test_every_rule_can_be_broken() -> None:
    """No rule names a param or a choice that does not exist."""
    plain = read_yaml(ROOT / "params.yaml")
    for rule in read_rules():
        assert set(rule.stages) <= set(STAGES)
        for path, values in rule.when.items():
            if path == "pretrain.convert_to":
                continue
            choices = {path.replace(".", "__"): values[0]}
            assert make_params(**choices)
            node: Any = plain
            for key in path.split("."):
                node = node[key]


def test_sentinels_must_suffice() -> None:
    many = {"pretrain__objective__kind": "span_corruption", "tokens__sentinels": 3, "tokens__vocab_size": 1030}
    assert "tokens.sentinels 3 is too few: pretrain.objective needs" in refuse(many)
    none = {"pretrain__objective__kind": "span_corruption", "tokens__sentinels": 0, "tokens__vocab_size": 1024}
    assert "hidden spans need sentinel tokens" in refuse(none)
    mixed = make_params(pretrain__objective__kind="mixture_of_denoisers")
    assert 1 < count_sentinels(mixed.pretrain.objective, 256) <= 45  # type: ignore[union-attr]
    check_compatibility(mixed, STAGES)


def test_a_text_longer_than_the_model_is_refused() -> None:
    said = refuse({"pretrain__model__max_positions": 128})
    assert "pretrain.training.seq_len 256 is longer than pretrain.model.max_positions 128" in said


def test_a_stage_needs_what_stands_above_it() -> None:
    assert set(list_needed_stages("pretrain")) == {"code", "corpus", "tokens", "pretrain"}
    assert set(list_needed_stages("report")) == set(STAGES)


def test_the_readme_shows_the_table() -> None:
    assert draw_table() in (ROOT / "docs" / "model-options.md").read_text(encoding="utf-8")
