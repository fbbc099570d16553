"""Programs of strangers: what they come to, what is refused unrun, and what a process apart does with the rest."""

from pathlib import Path

import pytest

from components.tools.program_process import write_number
from components.tools.program_runner import run_apart
from components.tools.programs import cut_program, is_allowed, run_program
from components.tools.solutions import write_solution

LOADED = (
    "own = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__"
)
"""The way out of a program without built-ins, were its attributes not refused."""


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("pens = 4 * 6\nleft = pens - 5\nanswer = left", "19"),
        ("answer = 48 / 2", "24"),
        ("answer = 1 / 3", "0.333333"),
        ("total = 0\nfor day in range(1, 8):\n    total += 2 * day\nanswer = total", "56"),
        ("a = 7\nif a % 2 == 1 and a > 3:\n    answer = round(a ** 2 / 3)\nelse:\n    answer = 0", "16"),
        ("print(3)\nprint(max(2, 5) - 10)", "-5"),
        ("answer = 1 / 0", None),
        ("answer = missing", None),
        ("answer = True", None),
        ("x = 3", None),
        ("for i in range(9999):\n    for j in range(9999):\n        x = 1\nanswer = 1", None),
    ],
)
def test_a_program_s_number_is_its_answer(program: str, answer: str | None) -> None:
    assert is_allowed(program)
    assert run_program(program) == answer


@pytest.mark.parametrize(
    "program",
    [
        "import os",
        "answer = open('/etc/passwd')",
        "answer = ().__class__",
        "answer = __builtins__",
        LOADED,
        "while True: pass",
        "def f(): f()",
        "answer = (lambda: 1)()",
        "answer = 10 ** 10 ** 10",
        "x = 9\nanswer = 9 ** x",
        "x = 9\nx **= 99",
        "answer = 'a' * 10 ** 9",
        "answer = f'{1:999999999}'",
        "answer = [0]",
        "answer = max(i for i in range(9))",
        "answer = max(range(10 ** 9))",
        "for i in range(10 ** 9, 99999): pass",
        "for i in 5: pass",
        "range = 3",
        "print = 3",
        "answer = print(3)",
        "answer = 1 << 99",
        "answer = " + "9" * 100,
        "answer = " + "(" * 1500 + "1" + ")" * 1500,
        "answer = " + "-" * 3000 + "1",
        "answer = " + "+".join("1" * 1500),
        "answer = 1\n" * 1000,
        "\0",
    ],
)
def test_what_is_not_arithmetic_is_refused_unrun(program: str) -> None:
    assert not is_allowed(program)
    assert run_program(program) is None


def list_processes() -> set[str]:
    """Those that run a program of a stranger's."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found |= {path.parent.name} if b"program_process" in path.read_bytes() else set()
        except OSError:  # it has ended meanwhile
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are counted by way of /proc")
@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "answer = [0] * 10 ** 10",
        "answer = len('a')",
        f"{LOADED}\nwhile True: own['fork']()",
        f"{LOADED}\nown['write'](1, b'9' * 10 ** 6)\nanswer = 1",
        f"{LOADED}\nanswer = own['open']('{__file__}', 0)",
        "x = []\nwhile True: x += [0] * 10 ** 6",
    ],
)
def test_the_process_holds_what_the_check_would_not_have(program: str) -> None:
    """Run as it is, each hits a limit or the lack of built-ins, and nothing of it stays."""
    before = list_processes()
    assert run_apart(program) is None
    assert list_processes() <= before
    assert run_apart("answer = 2 + 2") == "4", "another's answer is not touched"


def test_a_program_that_waits_is_killed_in_time() -> None:
    assert run_apart(f"{LOADED}\nown['sys'].modules['time'].sleep(60)\nanswer = 1", wall_s=0.3) is None


def test_only_plain_numbers_are_answers() -> None:
    assert [write_number(value) for value in (3, -2.50, 1e6, -0.0)] == ["3", "-2.5", "1000000", "0"]
    for value in (True, float("nan"), float("inf"), 2**2000, 1j, "3"):
        with pytest.raises(ValueError, match="no number"):
            write_number(value)


def test_a_program_ends_with_its_answer_or_its_fence() -> None:
    assert cut_program(" a = 1\nanswer = a\nQuestion: b") == "a = 1\nanswer = a"
    assert cut_program("Sure:\n```python\na = 1\n\nprint(a)\n```\nDone.") == "a = 1\n\nprint(a)"
    assert cut_program("") == ""


@pytest.mark.parametrize(
    ("chain", "answer", "program"),
    [
        (
            "4 * 6 = 24 pens are here. 24 - 5 = 19 pens are left.",
            "19",
            "pens = 4 * 6\npens_2 = pens - 5\nanswer = pens_2",
        ),
        ("10 * 2 = 20. 20 + 20 = 40.", "40", "step_1 = 10 * 2\nstep_2 = step_1 + 20\nanswer = step_2"),
        (
            "She sold 48/2 = <<48/2=24>>24 clips in May.\nShe sold 48+24 = <<48+24=72>>72 clips altogether.\n#### 72",
            "72",
            "clips = 48/2\nclips_2 = 48+clips\nanswer = clips_2",
        ),
        ("It costs $1,000 × .5 = $500 then.", "500", "then = 1000 * 0.5\nanswer = then"),
        ("3 + 4 = 8 apples.", "8", None),
        ("3 + 4 = 7 apples.", "9", None),
        ("It is seven.", "7", None),
    ],
)
def test_a_chain_of_right_equations_is_a_program(chain: str, answer: str, program: str | None) -> None:
    assert write_solution(chain, answer) == program
    if program is not None:
        assert run_program(program) == answer
