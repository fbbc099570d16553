"""What the command line tells of a param is what its config class says of it."""

import pytest

from components.base.errors import ParamsError
from pipelines.describe import describe


def test_a_plain_value_is_told_whole() -> None:
    told = describe("pretrain.model.position.scaling_factor").splitlines()
    assert told[0].startswith("pretrain.model.position.scaling_factor   (kind scratch")
    assert told[1].startswith("  RoPE: how many times longer")
    assert "  type     number ≥ 1" in told
    assert "  default  1.0" in told
    assert "  now      1.0" in told
    assert told[-1].startswith("  stale    pretrain, sft, ")


def test_choices_are_listed() -> None:
    assert "  type     full | sliding_window | factorized" in describe("pretrain.model.attention.kind").splitlines()


def test_a_param_of_several_kinds_is_told_of_each() -> None:
    told = describe("corpus.sources.field")
    assert [line for line in told.splitlines() if line.startswith("corpus.")] == [
        f"corpus.sources.field   (kind mixture, {kind})" for kind in ("jsonl", "parquet", "hub")
    ]


def test_a_record_lists_what_stands_in_it() -> None:
    told = describe("serve.load")
    assert "    clients   [integer ≥ 1] Clients that ask at once." in told.splitlines()


def test_what_stands_under_a_name_of_the_users_is_told() -> None:
    assert "    <name>  [one of 4 kinds]" in describe("shared.tasks")
    assert "  kind word_problems: Generated grade-school word problems" in describe("shared.tasks.mine")
    told = describe("shared.tasks.word_problems.largest_number").splitlines()
    assert "  type     integer ≥ 20, ≤ 1000" in told
    assert "  now      100" in told


def test_a_value_of_another_kind_is_not_taken_for_this_one() -> None:
    of_lora = describe("sft.seq_len").split("\n\n")[1]
    assert "(kind lora)" in of_lora
    assert "now" not in of_lora


def test_only_what_reads_a_section_and_what_follows_goes_stale() -> None:
    assert describe("report.title").splitlines()[-1] == "  stale    report"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("pretrain.modle", r"pretrain has no 'modle' \(did you mean 'model'\?\); it has "),
        ("shared.seed.x", "shared.seed is a plain value: nothing stands below it"),
        ("nothing", "params.yaml has no 'nothing'; it has align, corpus"),
    ],
)
def test_an_unknown_name_is_refused_with_what_there_is(path: str, said: str) -> None:
    with pytest.raises(ParamsError, match=said):
        describe(path)
