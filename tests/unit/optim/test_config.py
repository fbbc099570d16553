"""Choosing another kind is one word: what the others need may stay, what nobody knows is refused."""

import pytest

from components.base.errors import ParamsError
from components.base.validation import validate
from components.optim.config import AdamWConfig, LionConfig, OptimizationConfig
from tests.shapes import make_optimization

PLAIN = make_optimization().model_dump()


def read(**options: object) -> OptimizationConfig:
    found: OptimizationConfig = validate(OptimizationConfig, PLAIN | options, where="optimization")
    return found


def test_a_kind_alone_has_the_numbers_of_its_paper() -> None:
    assert read(optimizer={"kind": "adamw"}).optimizer == AdamWConfig(kind="adamw", beta1=0.9, beta2=0.95, eps=1e-8)
    assert read(optimizer={"kind": "lion"}).optimizer == LionConfig(kind="lion", beta1=0.9, beta2=0.99)


def test_options_of_a_kind_that_is_not_chosen_may_stay_and_shared_ones_are_taken() -> None:
    found = read(optimizer={"kind": "lion", "eps": 1e-6, "beta1": 0.8})
    assert found.optimizer == LionConfig(kind="lion", beta1=0.8)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        ({"kind": "sgd"}, r"optimizer\.kind: 'sgd' is not one of 'adamw', 'adafactor', 'muon', 'lion'"),
        ({"beta1": 0.9}, r"optimizer\.kind: missing"),
        ({"kind": "adamw", "beta3": 0.9}, r"optimizer\.adamw\.beta3: unknown parameter"),
        ({"kind": "adamw", "beta2": 1.0}, r"optimizer\.adamw\.beta2: input should be less than 1, got 1\.0"),
        ("adamw", r"optimizer"),
    ],
)
def test_a_mistake_is_named(optimizer: object, message: str) -> None:
    with pytest.raises(ParamsError, match=rf"^optimization: {message}"):
        read(optimizer=optimizer)


def test_a_warm_up_and_a_decay_that_overlap_are_refused() -> None:
    schedule = {"kind": "warmup_stable_decay", "decay_fraction": 0.6}
    assert read(schedule=schedule, warmup_fraction=0.4)
    with pytest.raises(
        ParamsError, match=r"warmup_fraction and schedule\.decay_fraction are 1\.1 of all steps together"
    ):
        read(schedule=schedule, warmup_fraction=0.5)
