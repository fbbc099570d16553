"""Plots of two steps about money: what is paid, and what is left."""

from components.tasks.word_problems.plots import Plot
from components.tasks.word_problems.plots_told.questions import MONEY_LEFT

_PAYS = (
    "How much does {s} pay in total?",
    "How much is that in all?",
    "What is the total cost?",
    "How much does {n} pay?",
)

PURCHASES = (
    Plot(
        ("a * b", "x - c"),
        (
            "{N} saves {a} dollars a week for {b} weeks and then spends {c1} dollars.",
            "{N} earns {a} dollars an hour. {S} works {b} hours and pays {c1} dollars for a {j}.",
        ),
        MONEY_LEFT,
    ),
    Plot(
        ("a * b", "x + c"),
        (
            "{N} buys {a} {i} for {b} dollars each and a {l} for {c1} dollars.",
            "{N} buys {a} {i}. Each costs {b} dollars. {S} also buys a {l} for {c1} dollars.",
        ),
        _PAYS,
    ),
    Plot(
        ("a * b", "c - x"),
        (
            "{N} had {c1} dollars. {S} bought {a} {i} for {b} dollars each.",
            "{N} has {c1} dollars and buys {a} {i} at {b} dollars each.",
            "A {j} costs {b} dollars. {N} buys {a} {i} and pays with {c1} dollars.",
        ),
        MONEY_LEFT,
        weight=1.5,
    ),
    Plot(
        ("a + b", "c - x"),
        (
            "{N} had {c1} dollars. {S} bought a {j} for {a} dollars and a {l} for {b} dollars.",
            "{N} has {c1} dollars. A {j} costs {a} dollars and a {l} costs {b} dollars. {S} buys both.",
        ),
        MONEY_LEFT,
    ),
)
