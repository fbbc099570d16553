"""Reading answers out of text."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.tasks.extract import ExtractorName, extract_answer, read_gold
from components.tasks.numbers import normalise_number

EXTRACTIONS: list[tuple[str, ExtractorName, str | None]] = [
    ("So it is. The answer is 12.", "the_answer_is", "12"),
    ("the answer is: $1,200.00.", "the_answer_is", "1200"),
    ("The answer is -3", "the_answer_is", "-3"),
    ("The answer is 2/4.", "the_answer_is", "1/2"),
    ("The answer is 5. Question: x The answer is 9.", "the_answer_is", "5"),
    ("The answer is unknown.", "the_answer_is", None),
    ("5+7=12\n#### 1,012", "hashes", "1012"),
    ("no marks", "hashes", None),
    (r"Hence \boxed{42}.", "boxed", "42"),
    (r"Hence \boxed{x+1}.", "boxed", "x+1"),
    ("The answer is (B).", "choice_letter", "B"),
    ("I choose (C)", "choice_letter", "C"),
    ("The answer is 4.", "choice_letter", None),
    ("He has 3, then 4.5 left.", "last_number", "9/2"),
    ("10 - 3 = 7.", "last_number", "7"),
    ("It costs $1,000 .", "last_number", "1000"),
    ("none", "last_number", None),
    ("The answer is **1,200**.", "the_answer_is", "1200"),
    ("**Answer:** 5", "the_answer_is", "5"),
    ("**Answer**: $x = \\frac{3}{4}$", "the_answer_is", "3/4"),
    (r"The final answer is $\boxed{-12}$.", "the_answer_is", "-12"),
    ("The answer is −5.", "the_answer_is", "-5"),
    ("The answer is 3 1/2 cups.", "the_answer_is", "7/2"),
    ("The answer is 3½.", "the_answer_is", "7/2"),
    ("The answer is 1e5.", "the_answer_is", "100000"),
    ("The answer is 12 eggs.", "the_answer_is", "12"),
    ("The answer is 1.5 × 10^3 m.", "the_answer_is", "1500"),
    ("The answer is 50%.", "the_answer_is", "1/2"),
    ("#### −5", "hashes", "-5"),
    (r"\boxed{\frac{1}{2}}", "boxed", "1/2"),
    (r"\boxed{\dfrac{3}{4}} or \(\boxed{\tfrac12}\)", "boxed", "1/2"),
    (r"first \boxed{3}, then \boxed{4}.", "boxed", "4"),
    (r"\boxed{3} and then \boxed{4", "boxed", "3"),
    (r"\boxed{10{,}000}", "boxed", "10000"),
    (r"\boxed{10,\!000}", "boxed", "10000"),
    (r"\boxed{\$1,250.50}", "boxed", "2501/2"),
    (r"\boxed{\frac{\sqrt{3}}{2}}", "boxed", r"\frac{\sqrt{3}}{2}"),
    (r"\boxed{ \dfrac{ \sqrt{3} }{2} }", "boxed", r"\frac{\sqrt{3}}{2}"),
    (r"\boxed{\left( 1, 2 \right)}", "boxed", "(1,2)"),
    (r"\boxed{\text{Paris}}", "boxed", "Paris"),
    (r"\boxed 7.", "boxed", "7"),
    (r"$\boxed5$", "boxed", "5"),
    (r"\boxed{\mathbf{5}}", "boxed", "5"),
    (r"\boxed{3, 4}", "boxed", "3,4"),
    (r"\boxed{3,4}", "boxed", "3,4"),
    ("The answer is 2^5.", "the_answer_is", None),
    (r"\boxed{5\text{ cm}}", "boxed", "5"),
    (r"\boxed{90^\circ}", "boxed", "90"),
    (r"\boxed{x = \frac{3}{2}}", "boxed", "3/2"),
    (r"\fbox{8}", "boxed", "8"),
    ("no box", "boxed", None),
    ("He ran 3 - 5 laps – 5 of them fast.", "last_number", "5"),
    ("It is –5 degrees.", "last_number", "-5"),
    (r"so the share is \frac{3}{4}.", "last_number", "3/4"),
    ("In all 1 000 000 people.", "last_number", "1000000"),
    ("In 2019 500 people came.", "last_number", "500"),
    ("The area is 12 cm^2.", "last_number", "12"),
    ("1, 2 and 3,4,5", "last_number", "5"),
]
CHOICES: list[tuple[str, str | None]] = [
    (r"\boxed{\mathrm{D}}", "D"),
    (r"\boxed{\textbf{D}}", "D"),
    ("Option A is incorrect. Option B is correct.", "B"),
    ("Option A can be ruled out.", None),
    ("(A) is too small, (B) is too large. Hence (C).", "C"),
    ("A and B are incorrect. Therefore, D.", "D"),
    ("B) It is 5, so A is wrong", "B"),
    ("I think it is B", "B"),
    ("So I think", None),
    ("The right answer is definitely C", "C"),
    ("B!", "B"),
    ("答案是B", "B"),
    ("正确答案是 D。", "D"),
    ("应该选择A。", "A"),
    ("정답은 C입니다", "C"),
    *(
        (form, "B")
        for form in ("B", "b", "B.", "B)", "(B)", "(b)", "[B]", "**B**", "**B.**", "$B$", " B\n", "b) Paris")
    ),
    *(
        (form, "B")
        for form in ("Answer: B", "answer: b", "Answer: **B**", "**Answer:** (b)", "The answer is B because …")
    ),
    *(
        (form, "B")
        for form in ("B) Paris", "B. Paris", "B: Paris", "**B** Paris", "**B)** Paris", "(B) Paris", "Option B")
    ),
    ("The correct option is B.", "B"),
    ("I would choose option (b).", "B"),
    ("I'll go with B.", "B"),
    (r"Hence $\boxed{\text{(B)}}$.", "B"),
    (r"The answer is $\boxed{B}$.", "B"),
    ("(A) is too small. The answer is (C).", "C"),
    ("The correct answer is choice D", "D"),
    ("A) 4\nbecause", "A"),
    ("B is the correct answer.", "B"),
    ("The answer is A.", "A"),
    ("The answer is A because it fits.", "A"),
    ("The correct answer is therefore B.", "B"),
    ("The answer would be B", "B"),
    *((form, "B") for form in ("B, because", "B - Paris", "B — Paris", "It's B.", "Sure! B", "Ｂ", "答案：B")),
    ("<answer>B</answer>", "B"),
    ("A cat sat.", None),
    ("I, for one, think so.", None),
    ("The answer is not A but B", None),
    ("The answer is a cat.", None),
    ("The answer is A cat.", None),
    ("The answer is I think so.", None),
    ("The answer is Berlin.", None),
    ("Paris", None),
    ("B2", None),
    ("", None),
]
NUMBERS: list[tuple[str, str | None]] = [
    ("1,200", "1200"), ("1,00,000", "100000"), ("1 000", "1000"), ("1 000", "1000"), ("1 000 000", "1000000"),
    ("1'000'000", "1000000"), ("1’000", "1000"), ("1_000", "1000"), ("1.000.000", "1000000"), ("1.234,5", "2469/2"),
    ("1,234.5", "2469/2"),
    ("12 345,67", "1234567/100"), (r"\( 5 \)", "5"), ("**5**", "5"),
    ("1,5", "3/2"), ("1.000", "1"), ("－１２", "-12"), ("٣٫٥", "7/2"), ("१२", "12"),
    ("−5", "-5"), ("+5", "5"), ("- $5", "-5"), ("$-5", "-5"), ("€ 5", "5"), ("5 €", "5"), ("$18.", "18"),
    ("1e5", "100000"), ("1E-3", "1/1000"), ("2.5×10^3", "2500"), (r"2 \times 10^{-2}", "1/50"), ("10^6", "1000000"),
    ("10⁶", "1000000"), ("3 1/2", "7/2"), ("-3 1/2", "-7/2"), ("3½", "7/2"), ("½", "1/2"), ("1⁄2", "1/2"),
    (r"\frac{1}{2}", "1/2"), (r"-\frac12", "-1/2"), (r"\frac{-3}{4}", "-3/4"), (r"\frac{3}{-4}", "-3/4"),
    (r"3\frac{1}{2}", "7/2"), (r"\dfrac{1,000}{3}", "1000/3"), ("50%", "1/2"), ("12.5 %", "1/8"), (r"50\%", "1/2"),
    ("7 percent", "7/100"), ("0.5/2", "1/4"), ("1e999999999", None), ("5 apples", None), ("", None), ("1,2,3", None),
    (r"\frac{1}{0}", None), ("x+1", None), ("9" * 5000, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "wanted"), EXTRACTIONS)
def test_each_extractor_reads_its_form(text: str, name: ExtractorName, wanted: str | None) -> None:
    assert extract_answer(text, [name]) == wanted


def test_the_first_extractor_that_finds_something_wins() -> None:
    text = "The answer is 3. #### 4"
    assert extract_answer(text, ["hashes", "the_answer_is"]) == "4"
    assert extract_answer(text, ["boxed", "the_answer_is"]) == "3"
    assert extract_answer(f" {text} ", []) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("007", "7"), ("12.0", "12"), ("0.5", "1/2"), ("-6/3", "-2"), ("1/0", None), ("x", None), ("- 4", "-4")],
)
def test_numbers_have_one_spelling(text: str, wanted: str | None) -> None:
    assert normalise_number(text) == wanted


@pytest.mark.parametrize(("text", "wanted"), CHOICES)
def test_a_choice_is_read_in_every_usual_form_and_nowhere_else(text: str, wanted: str | None) -> None:
    assert extract_answer(text, ["choice_letter"]) == wanted


@pytest.mark.parametrize(("text", "wanted"), NUMBERS)
def test_numbers_are_exact_values_however_they_are_written(text: str, wanted: str | None) -> None:
    assert normalise_number(text) == wanted


SEPARATORS = st.sampled_from([",", " ", "'", "_", "\u00a0", "\u2009", "\u202f", "\u2019"])
DIGITS = st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９"])
MINUS = st.sampled_from(["-", "\u2212", "\uff0d"])


@given(st.integers(-(10**15), 10**15), SEPARATORS, DIGITS, MINUS, st.sampled_from(["{}", "${}$", "\\boxed{{{}}}"]))
def test_any_integer_comes_back_from_any_grouping_script_and_sign(
    value: int, separator: str, digits: str, minus: str, frame: str
) -> None:
    written = f"{value:,}".replace(",", separator).replace("-", minus).translate(str.maketrans("0123456789", digits))
    assert extract_answer(frame.format(written), ["boxed", "last_number"]) == str(value)
    assert extract_answer(f"So the answer is {frame.format(written)}.", ["the_answer_is"]) == str(value)


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=999))
def test_any_fraction_comes_back_from_every_way_to_write_it(value: Fraction) -> None:
    sign, whole, rest = "-" if value < 0 else "", abs(value) // 1, abs(value) % 1
    above, below = abs(value).numerator, abs(value).denominator
    written = [
        f"{value.numerator}/{below}",
        f"{sign}\\frac{{{above}}}{{{below}}}",
        f"{sign}\\dfrac{{{above}}}{{{below}}}",
    ]
    if rest:
        mixed = f"{rest.numerator}/{rest.denominator}"
        written += [f"{sign}{whole} {mixed}", f"{sign}{whole}\\tfrac{{{rest.numerator}}}{{{rest.denominator}}}"]
    for form in written:
        assert normalise_number(form) == str(value)
        assert extract_answer(rf"Hence \boxed{{1}}, or rather \boxed{{{form}}}.", ["boxed"]) == str(value)
        assert extract_answer(f"It is {form}.", ["last_number"]) == str(value)


@given(st.decimals(-(10**6), 10**6, places=3), st.integers(-30, 30))
def test_any_decimal_comes_back_with_power_and_per_cent(value: Any, power: int) -> None:
    exact = Fraction(value)
    assert normalise_number(f"{value:f}") == str(exact)
    assert normalise_number(f"{value:f}e{power}") == str(exact * Fraction(10) ** power)
    assert normalise_number(f"{value:f} \\times 10^{{{power}}}") == str(exact * Fraction(10) ** power)
    assert normalise_number(f"{value:f}%") == str(exact / 100)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("72", "72"),
        ("She has 5+7=<<5+7=12>>12.\n#### 12", "12"),
        (r"We get $x=\boxed{3}$, no, $\boxed{\frac{1}{2}}$.", "1/2"),
        ("So the answer is 1,000.", "1000"),
        (r"\boxed{x+1}", None),
        (r"\boxed{3,4}", None),
        ("18 dollars", "18"),
        ("2 of 3", None),
        ("blue", None),
    ],
)
def test_a_key_may_be_a_number_or_a_worked_solution(text: str, wanted: str | None) -> None:
    assert read_gold(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("答案是12。", "12"),
        ("小明有１２个苹果", "12"),
        ("答えは1,234円です", "1234"),
        ("คำตอบคือ42บาท", "42"),
        ("정답은12개입니다", "12"),
        ("温度是-5度", "-5"),
        ("x12 and é12", None),
        ("about 1e9999", None),
    ],
)
def test_a_number_may_stand_close_to_a_word_where_a_script_has_no_spaces(text: str, wanted: str | None) -> None:
    assert extract_answer(text, ["last_number"]) == wanted
