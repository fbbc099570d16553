"""Plots of three steps."""

from components.tasks.word_problems.plots import Plot
from components.tasks.word_problems.plots_told.questions import LEFT, MONEY_LEFT, NOW

THREE_STEPS = (
    Plot(
        ("a * b", "c * d", "x + y"),
        (
            "{N} has {a} {cs} with {b} {u} {i} in each and {c1} {cs} with {d1} {v} {i} in each.",
            "{N} buys {a} {i} for {b} dollars each and {c1} {k} for {d1} dollars each.",
            "There are {a} {cs} with {b} {i} and {c1} {cs} with {d1} {i}.",
        ),
        ("How many is that in all?", "How much is that altogether?", "What is the total?"),
        weight=1.5,
    ),
    Plot(
        ("a * b", "x + c", "y - d"),
        (
            "{N} has {a} {cs} with {b} {i} in each. {S} {gained} {c1} more and then {lost} {d1}.",
            "{N} buys {a} {cs} of {b} {i} and {c1} more {i}. {S} gives {d1} to {f}.",
        ),
        LEFT,
    ),
    Plot(
        ("a * b", "x + c", "d - y"),
        (
            "{N} has {d1} dollars. {S} buys {a} {i} for {b} dollars each and a {l} for {c1} dollars.",
            "{N} pays with {d1} dollars for {a} {i} at {b} dollars each and a {l} at {c1} dollars.",
        ),
        MONEY_LEFT,
    ),
    Plot(
        ("a + b", "x + c", "y - d"),
        (
            "{N} {gained} {a} {i}, {f} {gained} {b} and {g} {gained} {c1}. They {lost} {d1} of them.",
            "{N} had {a} {i}, {gained} {b} on {d} and {c1} on {e}. Then {d1} of them {spoiled}.",
        ),
        ("How many {i} are left?", "How many {i} do they have now?", "How many {i} are there now?"),
    ),
    Plot(
        ("a - b", "x - c", "y + d"),
        (
            "{N} had {a} {i}. {S} gave {b} to {f} and {c1} to {g}. Then {p} {r} gave {o} {d1}.",
            "{N} had {a} {i}. {S} {lost} {b} on {d} and {c1} on {e}, and then {gained} {d1} more.",
        ),
        NOW,
    ),
    Plot(
        ("a + b", "a + x", "y - c"),
        ("{N} has {a} {i}. {F} has {b} more than {n}. Together they give away {c1}.",),
        ("How many {i} do they have left together?", "How many {i} are left?"),
    ),
    Plot(
        ("a + b", "a + x", "y / 2"),
        ("{N} has {a} {i}. {F} has {b} more. They put them together and share them equally.",),
        ("How many {i} does each get?", "How many does each of them get?"),
        weight=0.5,
    ),
    Plot(
        ("a * b", "x - c", "y / d"),
        ("{N} has {a} {cs} with {b} {i} in each. {S} keeps {c1} and shares the rest equally among {d1} friends.",),
        ("How many {i} does each friend get?", "How many {i} does each one get?"),
    ),
)
