"""Params that stand beside a choice which has no use for them are told."""

from components.base.yaml import read_yaml
from components.report.run_record import look_up
from pipelines.describe import describe
from pipelines.params import PARAMS_FILE
from pipelines.relevance import list_inert, read_relevance


def test_every_path_stands_in_the_params_that_ship() -> None:
    params = read_yaml(PARAMS_FILE)
    paths = [path.rpartition(".") for rule in read_relevance() for path in (*rule.params, rule.choice)]
    assert [path for path in paths if path[2] not in (look_up(params, path[0]) or ())] == []


def test_what_another_kind_needs_is_inert_until_it_is_chosen() -> None:
    params = read_yaml(PARAMS_FILE)
    assert "pretrain.model.feed_forward.experts" in list_inert(params)
    params["pretrain"]["model"]["feed_forward"]["kind"] = "top2"
    assert "pretrain.model.feed_forward.experts" not in list_inert(params)


def test_below_an_inert_choice_all_is_inert() -> None:
    params = read_yaml(PARAMS_FILE)
    params["pretrain"]["model"]["position"] |= {"kind": "alibi", "scaling": "yarn"}
    assert {"pretrain.model.position.scaling", "pretrain.model.position.scaling_factor"} <= set(list_inert(params))


def test_a_run_without_the_section_has_nothing_inert() -> None:
    assert list_inert({"pretrain": {"kind": "external"}}) == []


def test_a_param_says_beside_what_it_counts() -> None:
    assert (
        "  counts   only while kind is switch or top2" in describe("pretrain.model.feed_forward.experts").splitlines()
    )
