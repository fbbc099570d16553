"""The likeliest of some continuations."""

from components.scoring.choices import Likelihood, choose


def test_the_likeliest_is_chosen_or_the_likeliest_for_its_length() -> None:
    scores = [Likelihood(-4.0, False), Likelihood(-6.0, True), Likelihood(-4.0, False)]
    assert choose(scores) == 0
    assert choose(scores, [5, 12, 5]) == 1
