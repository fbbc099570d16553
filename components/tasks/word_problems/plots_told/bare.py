"""Sums without a story; drills are made of them, too."""

from components.tasks.word_problems.plots import Plot

BARE = (
    Plot(("a + b",), ("What is {a} + {b}?", "Calculate {a} + {b}.", "How much is {a} plus {b}?"), ("",)),
    Plot(("a - b",), ("What is {a} - {b}?", "Calculate {a} - {b}.", "How much is {a} minus {b}?"), ("",)),
    Plot(("a * b",), ("What is {a} * {b}?", "Calculate {a} * {b}.", "How much is {a} times {b}?"), ("",)),
    Plot(("a / b",), ("What is {a} / {b}?", "Calculate {a} / {b}.", "How much is {a} divided by {b}?"), ("",)),
)
