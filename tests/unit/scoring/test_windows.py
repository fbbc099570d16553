"""Windows of a long text, worked out by hand from lm-eval's rule."""

from components.scoring.windows import cut_windows


def test_a_short_text_is_one_window_behind_the_prefix() -> None:
    assert cut_windows([5, 6, 7], 1, 10) == [([1], [5, 6, 7])]


def test_a_long_text_s_windows_read_as_much_as_the_model_can() -> None:
    assert cut_windows(list(range(10, 20)), 1, 4) == [
        ([1], [10, 11, 12, 13]),
        ([13], [14, 15, 16, 17]),
        ([15, 16, 17], [18, 19]),
    ]


def test_every_token_is_predicted_once_and_no_window_is_too_long() -> None:
    for length in range(1, 40):
        windows = cut_windows(list(range(length)), 99, 7)
        assert [token for _, predicted in windows for token in predicted] == list(range(length))
        assert all(len(context) + len(predicted) - 1 <= 7 for context, predicted in windows)


def test_no_token_makes_no_window() -> None:
    assert cut_windows([], 1, 4) == []
