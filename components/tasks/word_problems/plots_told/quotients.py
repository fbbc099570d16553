"""Plots of one step in which something is shared or packed."""

from components.tasks.word_problems import language
from components.tasks.word_problems.plots import Plot

_EACH = (
    "How many {i} does each one get?",
    "How many {i} does each of them get?",
    "How many {i} does each person get?",
    "How many does each get?",
)

QUOTIENTS = (
    Plot(
        ("a / b",),
        (
            "In {b} days, {n} {gained} {a} {i}, the same number each day.",
            "{N} {gained} {a} {i} in {b} hours.",
            "{N} needs {a} {i} for {b} days, equally many each day.",
        ),
        ("How many {i} is that a day or an hour?", "How many {i} is that each time?", "How many {i} are that for one?"),
    ),
    Plot(
        ("a / b",),
        (
            "A teacher makes groups of {b} out of {a} {i}.",
            "{a} {i} go in cars, {b} in each car.",
            "{a} {i} sit at tables of {b}.",
            "{a} {i} line up in rows of {b}.",
        ),
        ("How many groups are there?", "How many of them are needed?", "How many is that?"),
        items=language.CROWD,
    ),
    Plot(
        ("a / b",),
        (
            "{N} shares {a} {i} equally among {b} friends.",
            "{N} has {a} {i} and shares them equally with {b} children.",
            "{b} friends share {a} {i} equally.",
            "{b} {people} share {a} {i} equally.",
            "{a} {i} are shared equally by {b} people.",
            "{N} gives {a} {i} to {b} {people}, the same number to each.",
        ),
        _EACH,
        weight=2.0,
    ),
    Plot(
        ("a / b",),
        (
            "{N} puts {a} {i} into {b} {cs}, the same number in each.",
            "{N} has {a} {i} and puts them equally into {b} {cs}.",
            "{N} divides {a} {i} equally among {b} {cs}.",
            "There are {a} {i} in {b} {cs}, equally many in each {c}.",
            "{N} made {a} {i} and put the same number on each of {b} plates.",
        ),
        ("How many {i} are in each {c}?", "How many {i} are in one {c}?", "How many {i} are in each?"),
        weight=1.5,
    ),
    Plot(
        ("a / b",),
        (
            "{N} packs {a} {i} in {cs} of {b}.",
            "{N} has {a} {i} and puts {b} in each {c}.",
            "A {c} holds {b} {i}. {N} has {a} {i}.",
            "{N} needs to pack {a} {i}. Each {c} holds {b}.",
        ),
        ("How many {cs} does {s} need?", "How many {cs} does {n} fill?", "How many {cs} is that?"),
        weight=1.5,
    ),
    Plot(
        ("a / b",),
        (
            "{N} has {a} dollars. A {j} costs {b} dollars.",
            "Each {j} costs {b} dollars. {N} has {a} dollars.",
            "{N} paid {a} dollars for some {i} at {b} dollars each.",
        ),
        ("How many {i} can {s} buy?", "How many {i} can {n} get?", "How many {i} is that?"),
    ),
    Plot(
        ("a / b",),
        (
            "{N} has {a} {i} and gives {b} to each child.",
            "{N} gives each friend {b} {i} until all {a} {i} are gone.",
        ),
        ("How many children get {i}?", "How many people get {i}?", "How many get some?"),
    ),
    Plot(
        ("a / b",),
        ("{N} pays {a} dollars for {b} {i}.", "{b} {i} cost {a} dollars.", "{N} bought {b} {i} for {a} dollars."),
        ("How much does one {j} cost?", "How many dollars does each {j} cost?", "What is the price of a {j}?"),
    ),
    Plot(
        ("a / 2",),
        (
            "{N} has {a} {i}. {F} has half as many.",
            "{F} has half as many {i} as {n}. {N} has {a}.",
            "{N} had {a} {i} and gave half of them to {f}.",
            "{N} shares {a} {i} equally with {p} {r}.",
        ),
        ("How many {i} does {f} have?", "How many is that?", "How many {i} is that?", "How many does each have?"),
    ),
    Plot(
        ("a / b",),
        (
            "A rope of {a} {i} is cut into {b} equal pieces.",
            "{N} cuts a ribbon of {a} {i} into {b} equal parts.",
            "A board {a} {i} long is cut into {b} pieces of the same length.",
        ),
        ("How long is each piece?", "How many {i} long is each piece?", "How long is one part?"),
        items=language.LENGTHS,
    ),
    Plot(
        ("a / b",),
        (
            "{a} {i} stand in {b} equal rows.",
            "{a} {i} make {b} teams of the same size.",
            "The teacher puts {a} {i} in {b} equal groups.",
        ),
        ("How many {i} are in each?", "How many {i} are in one of them?", "How many is that for each?"),
        items=language.CROWD,
    ),
    Plot(
        ("a / b",),
        (
            "{N} has {b} times as many {i} as {f}. {N} has {a}.",
            "{N} has {a} {i}, which is {b} times as many as {f} has.",
        ),
        ("How many {i} does {f} have?", "How many does {f} have?"),
        weight=0.7,
    ),
)
