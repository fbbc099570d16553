"""Numbers as people read them; an absent one is a dash, never a zero."""

import pytest

from components.report import formatting as say


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (say.format_percent(0.634), "63.4 %"),
        (say.format_percent(-0.002), "−0.2 %"),
        (say.format_points(0.568), "+56.8 pts"),
        (say.format_points(-0.002), "−0.2 pts"),
        (say.format_points(-0.0001), "+0.0 pts"),
        (say.format_number(0.28371), "0.284"),
        (say.format_number(20565), "20 565"),
        (say.format_number(1234.5), "1 234"),
        (say.format_number(5e-6), "5.0e−06"),
        (say.format_count(1_234_567), "1.23 M"),
        (say.format_count(999), "999"),
        (say.format_bytes(11_999_965), "12.0 MB"),
        (say.format_duration(41.7), "41.7 s"),
        (say.format_duration(761), "12 min\u00a041 s"),
        (say.format_duration(7320), "2 h 2 min"),
        (say.format_loss(0.63403), "0.6340"),
        (say.format_truth(1.0), "yes"),
        (say.format_truth(0.99), "no"),
        (say.format_times(0.759), "0.76×"),
        (say.format_gigabytes(3.34), "3.34 GB"),
        (say.format_milliseconds(816.4), "816 ms"),
    ],
)
def test_each_kind_of_number_has_its_form(said: str, wanted: str) -> None:
    assert said.replace("\u202f", " ") == wanted


@pytest.mark.parametrize("name", [name for name in dir(say) if name.startswith("format_")])
def test_what_was_not_measured_is_a_dash(name: str) -> None:
    assert getattr(say, name)(None) == "—"
