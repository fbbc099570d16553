"""Plots of two steps, most of which no chain of events tells: totals, comparisons, leftovers."""

from components.tasks.word_problems import language
from components.tasks.word_problems.plots import Plot
from components.tasks.word_problems.plots_told.questions import LEFT, NOW

_TOGETHER = (
    "How many {i} do they have together?",
    "How many {i} do they have altogether?",
    "How many {i} do they have in all?",
    "How many {i} do {n} and {f} have in total?",
    "How many do both have together?",
)
_IN_ALL = (
    "How many {i} does {n} have in all?",
    "How many {i} are there altogether?",
    "How many {i} does {s} have in total?",
    "How many {i} is that in all?",
    "What is the total number of {i}?",
)

TWO_STEPS = (
    Plot(
        ("a * b", "c - x"),
        (
            "A book has {c1} pages. {N} reads {a} pages a day for {b} days.",
            "{N} has {c1} {i} and uses {a} a day for {b} days.",
            "{Place} has room for {c1} {people}. {a} groups of {b} are there.",
        ),
        ("How many are left?", "How many more is that?", "How many remain?"),
    ),
    Plot(
        ("a * b", "x + c"),
        ("{N} has {a} {i}. {F} has {b} times as many, and {g} has {c1} more than {f}.",),
        ("How many {i} does {g} have?", "How many does {g} have?"),
        weight=0.5,
    ),
    Plot(
        ("a + b", "x - c"),
        ("{N} has {a} {i}. {F} has {b} more than {n}, and {g} has {c1} fewer than {f}.",),
        ("How many {i} does {g} have?", "How many does {g} have?"),
        weight=0.5,
    ),
    Plot(
        ("a + b", "x - c"),
        (
            "{a} {i} and {b} {k} were at {place}. {c1} of them {departed}.",
            "There were {a} {i} at {place}. {b} more came, and then {c1} {departed}.",
        ),
        ("How many are left?", "How many are there now?", "How many are still there?"),
        items=(*language.CROWD, *language.ANIMALS),
    ),
    Plot(
        ("a - b", "x - c"),
        ("Of {a} {i}, {b} are {u}, {c1} are {v} and the rest are gray.", "{N} had {a} {i}, ate {b} and sold {c1}."),
        ("How many is the rest?", "How many are left?", "How many {i} remain?"),
        items=language.FOODS,
        weight=0.7,
    ),
    Plot(
        ("a + b", "a + x"),
        ("{N} has {a} {i}. {F} has {b} more than {n}.", "{N} has {a} {i}, and {f} has {b} {i} more."),
        _TOGETHER,
    ),
    Plot(
        ("a - b", "a + x"),
        ("{N} has {a} {i}. {F} has {b} fewer than {n}.", "{N} has {a} {i}, and {f} has {b} {i} less."),
        _TOGETHER,
    ),
    Plot(
        ("a * b", "a + x"),
        ("{N} has {a} {i}. {F} has {b} times as many.", "{N} has {a} {i}, and {f} has {b} times as many {i} as {n}."),
        _TOGETHER,
    ),
    Plot(
        ("a * 2", "a + x"),
        ("{N} has {a} {i}. {F} has twice as many.", "{N} {gained} {a} {i}, and {f} {gained} twice as many."),
        _TOGETHER,
    ),
    Plot(
        ("a + b", "x + c"),
        (
            "{N} has {a} {i}, {f} has {b} and {g} has {c1}.",
            "{N} has {a} {i}, {f} has {b} {i} and {g} has {c1} {i}.",
            "{N} {gained} {a} {i}, {f} {gained} {b}, and {g} {gained} {c1}.",
        ),
        ("How many {i} do they have together?", "How many {i} is that in all?", "How many {i} do the three have?"),
    ),
    Plot(
        ("a + b", "x + c"),
        (
            "{N} {gained} {a} {i} on {d}, {b} on {e} and {c1} the day after.",
            "{N} has {a} {u} {i}, {b} {v} ones and {c1} others.",
            "There are {a} {i} in the first {c}, {b} in the second and {c1} in the third.",
            "{N} {gained} {a} {i}, {b} {k} and {c1} more.",
        ),
        ("How many is that in all?", "How many are there altogether?", "How many is that in total?"),
    ),
    Plot(
        ("a - b", "x + c"),
        (
            "{N} had {a} {i}. {S} {lost} {b} and then {gained} {c1} more.",
            "{N} had {a} {i}. {S} gave {b} to {f} and got {c1} from {g}.",
            "{N} has {a} {i}, gives {b} away and buys {c1} more.",
            "The shop of {n} had {a} {i}. It sold {b} and then got {c1} more.",
        ),
        NOW,
    ),
    Plot(
        ("a + b", "x - c"),
        (
            "{N} had {a} {i}. {S} {gained} {b} more and then {lost} {c1}.",
            "{N} had {a} {i}. {F} gave {o} {b} more, and {s} {lost} {c1} of them.",
            "{N} {gained} {a} {i} and {f} {gained} {b}. They gave {c1} of them away.",
            "{N} {gained} {a} {u} {i} and {b} {v} ones. {c1} of them {spoiled}.",
        ),
        LEFT,
    ),
    Plot(
        ("a - b", "x - c"),
        (
            "{N} had {a} {i}. {S} gave {b} to {f} and {c1} to {g}.",
            "{N} had {a} {i}. {S} {lost} {b}, and {f} took {c1}.",
            "{N} had {a} {i}. On {d} {s} {lost} {b} and on {e} {c1} more.",
            "There were {a} {i}. {N} took {b} of them and {f} took {c1}.",
        ),
        LEFT,
    ),
    Plot(
        ("a - b", "x + c"),
        (
            "There were {a} {i} at {place}. {b} of them {departed} and {c1} more came.",
            "{Place} had {a} {i}. Then {b} {i} {departed} and {c1} {i} came.",
            "A bus had {a} {i}. At a stop {b} got off and {c1} got on.",
        ),
        ("How many {i} are there now?", "How many {i} are there then?", "How many {i} are on it now?"),
        items=(*language.CROWD, *language.ANIMALS),
    ),
    Plot(
        ("a * b", "x + c"),
        (
            "{N} has {a} {cs} with {b} {i} in each and {c1} more {i}.",
            "{N} has {a} {cs} of {b} {i} each. {F} gives {o} {c1} more.",
            "There are {a} {cs} with {b} {i} in each {c}, and {c1} {i} on the table.",
            "{N} buys {a} {cs} with {b} {i} in each {c} and then finds {c1} more {i}.",
        ),
        _IN_ALL,
        weight=1.5,
    ),
    Plot(
        ("a * b", "x - c"),
        (
            "{N} has {a} {cs} with {b} {i} in each. {S} {lost} {c1} {i}.",
            "{N} buys {a} {cs} of {b} {i} each and gives {c1} {i} to {f}.",
            "There are {a} {cs} with {b} {i} in each {c}. {c1} of the {i} {spoiled}.",
            "{N} plants {a} rows of {b} {i}. {c1} of them {spoiled}.",
        ),
        LEFT,
        weight=1.5,
    ),
    Plot(
        ("a + b", "c - x"),
        (
            "{N} needs {c1} {i}. {S} has {a}, and {f} gives {o} {b}.",
            "A book has {c1} pages. {N} read {a} on {d} and {b} on {e}.",
            "There are {c1} {i} in the {c}. {a} are {u}, {b} are {v}, and the rest are gray.",
        ),
        ("How many are left?", "How many more are needed?", "How many is the rest?"),
    ),
    Plot(
        ("a * b", "c - x"),
        (
            "{N} had {c1} {i}. {S} gave {b} {i} to each of {a} friends.",
            "{N} has {c1} {i} and fills {a} {cs} with {b} {i} each.",
            "{N} had {c1} {i} and sold {b} to each of {a} {people}.",
        ),
        LEFT,
    ),
    Plot(
        ("a + b", "x / c"),
        (
            "{N} has {a} {i} and {f} has {b}. They share them equally among {c1} people.",
            "{N} {gained} {a} {u} {i} and {b} {v} {i} and puts them equally into {c1} {cs}.",
        ),
        ("How many {i} does each get?", "How many {i} are in each?", "How many is that for each?"),
    ),
    Plot(
        ("a - b", "x / c"),
        (
            "{N} had {a} {i}. {S} {lost} {b} and shares the rest equally among {c1} friends.",
            "{N} has {a} {i}, keeps {b} and gives the rest to {c1} {people}, the same number to each.",
        ),
        ("How many {i} does each one get?", "How many {i} does each friend get?", "How many does each get?"),
    ),
    Plot(
        ("a * b", "x / c"),
        (
            "{N} has {a} {cs} with {b} {i} in each and shares all {i} equally among {c1} friends.",
            "{N} has {a} {cs} of {b} {i}. {S} puts all of them into {c1} equal piles.",
        ),
        ("How many {i} does each get?", "How many {i} are in each?"),
    ),
    Plot(
        ("a + b", "x * c"),
        (
            "Each of {c1} {cs} holds {a} {i} and {b} {k}.",
            "{N} makes {c1} {cs}. In each {s} puts {a} {u} {i} and {b} {v} ones.",
        ),
        ("How many things are there in all?", "How many are that altogether?"),
        weight=0.7,
    ),
    Plot(
        ("a / b", "x + c"),
        (
            "{N} shares {a} {i} equally among {b} {people}. Each of them has {c1} already.",
            "{b} friends share {a} {i} equally. {N}, one of them, then gets {c1} more.",
        ),
        ("How many {i} does each have then?", "How many {i} is that?", "How many {i} does {n} have now?"),
        weight=0.7,
    ),
    Plot(
        ("a / 2", "x + b"),
        ("{N} had {a} {i}, gave half of them to {f} and then {gained} {b} more.",),
        NOW,
        weight=0.6,
    ),
    Plot(
        ("a / 2", "a + x"),
        ("{N} has {a} {i}. {F} has half as many.", "{N} {gained} {a} {i}, and {f} {gained} half as many."),
        _TOGETHER,
        weight=0.7,
    ),
    Plot(
        ("a + b", "x + b"),
        (
            "{N} is {a} years old. {P} {r} is {b} years older, and {p} teacher is {b} years older than that.",
            "{N} has {a} {i}. {F} has {b} more than {n}, and {g} has {b} more than {f}.",
        ),
        ("What is the largest of the numbers?", "How many is the most?"),
        weight=0.3,
    ),
)
