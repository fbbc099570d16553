"""Plots of one step in which something is taken away, missing or compared."""

from components.tasks.word_problems import language
from components.tasks.word_problems.plots import Plot

_LEFT = (
    "How many {i} does {n} have left?",
    "How many {i} does {s} still have?",
    "How many {i} are left?",
    "How many {i} does {n} have now?",
    "How many {i} remain?",
    "How many are left?",
    "How many {i} does {s} have left over?",
)
_MORE_THAN = (
    "How many more {i} does {n} have than {f}?",
    "How many {i} more does {n} have than {f}?",
    "How many fewer {i} does {f} have than {n}?",
    "How many {i} does {f} need to have as many as {n}?",
    "What is the difference?",
)
_CROWD_LEFT = (
    "How many {i} are left?",
    "How many {i} are still there?",
    "How many {i} are there now?",
    "How many stayed?",
    "How many {i} remain at {place}?",
)

DIFFERENCES = (
    Plot(
        ("a - b",),
        (
            "{N} is {a} years old and {f} is {b} years old.",
            "{F} is {b} years old. {N} is {a}.",
            "{N} weighs {a} pounds and {f} weighs {b} pounds.",
            "{N} ran {a} minutes and {f} ran {b} minutes.",
            "{N} scored {a} points and {f} scored {b}.",
            "The red rope is {a} feet long and the blue one is {b} feet long.",
            "A {j} costs {a} dollars and a {l} costs {b} dollars.",
        ),
        (
            "What is the difference?",
            "How much more is the first?",
            "How many more is that?",
            "How much less is the smaller one?",
            "By how much do they differ?",
        ),
    ),
    Plot(
        ("a - b",),
        ("{N} is {a} years old and {f} is {b}.", "{F} is {b} years old. {N} is {a} years old."),
        ("How much older is {n} than {f}?", "How many years older is {n}?", "How many years younger is {f}?"),
        weight=0.7,
    ),
    Plot(
        ("a - b",),
        (
            "{N} had some {i}. {S} {gained} {b} more and now has {a}.",
            "{N} had {b} {i}. After {p} {r} gave {o} some more, {s} had {a}.",
        ),
        ("How many {i} did {s} have or get?", "How many {i} is the missing number?", "How many is that?"),
        weight=0.7,
    ),
    Plot(
        ("a - b",),
        (
            "There are {a} {i} and only {b} {k}.",
            "{N} wants to give one of {p} {b} {k} to each of {a} {people}.",
            "{a} {people} came, but there are only {b} {i}.",
        ),
        ("How many are missing?", "How many more are needed?", "How many have none?"),
        weight=0.7,
    ),
    Plot(
        ("a - b",),
        (
            "{N} had {a} {i}. {S} {lost} {b} of them.",
            "{N} had {a} {i} and {lost} {b}.",
            "{N} had {a} {i}, but {s} {lost} {b} {i}.",
            "{N} had {a} {i}. {S} gave {b} to {f}.",
            "{N} had {a} {i}. {S} gave {p} {r} {b} of them.",
            "{N} has {a} {i} and gives {b} {i} to {f}.",
            "{N} had {a} {i}. {F} took {b} of them.",
            "From {p} {a} {i}, {n} {lost} {b}.",
        ),
        _LEFT,
        weight=2.0,
    ),
    Plot(
        ("a - b",),
        ("{N} had {a} {i} and ate {b} of them.", "{N} baked {a} {i}. {F} ate {b}.", "There were {a} {i}. {N} ate {b}."),
        ("How many {i} are left?", "How many {i} were not eaten?", "How many are left over?", "How many {i} remain?"),
        items=language.FOODS,
    ),
    Plot(
        ("a - b",),
        (
            "There were {a} {i} in the {c}. {N} took {b} of them.",
            "The store had {a} {i} and sold {b} of them.",
            "At first there were {a} {i}. {b} of them {spoiled}.",
            "There were {a} {i} on the table. {b} {i} {spoiled}.",
            "{N} has {a} {i}, but {b} of them {spoiled}.",
        ),
        ("How many {i} are left?", "How many {i} are still good?", "How many {i} remain?", "How many are left?"),
    ),
    Plot(
        ("a - b",),
        (
            "There were {a} {i} at {place}. {b} of them {departed}.",
            "{Place} had {a} {i}. Then {b} {i} {departed}.",
            "{a} {i} were playing. {b} of them {departed}.",
            "Of {a} {i}, {b} {departed}.",
        ),
        _CROWD_LEFT,
        items=(*language.CROWD, *language.ANIMALS),
    ),
    Plot(
        ("a - b",),
        (
            "{N} has {a} {i} and {f} has {b} {i}.",
            "{F} has {b} {i}. {N} has {a} {i}.",
            "{N} {gained} {a} {i}. {F} {gained} only {b}.",
            "{F} has {b} {i}, but {n} has {a}.",
        ),
        _MORE_THAN,
        weight=1.5,
    ),
    Plot(
        ("a - b",),
        (
            "{N} needs {a} {i}. {S} has {b}.",
            "{N} wants {a} {i}, but {s} has only {b} {i}.",
            "{N} has {b} {i} and needs {a}.",
            "{N} wants to {gain} {a} {i}. So far {s} has {b}.",
        ),
        (
            "How many more {i} does {s} need?",
            "How many {i} does {n} still need?",
            "How many more does {s} need?",
            "How many {i} are missing?",
        ),
    ),
    Plot(
        ("a - b",),
        (
            "A {j} costs {a} dollars. {N} has {b} dollars.",
            "{N} has saved {b} dollars. The {j} that {s} wants costs {a} dollars.",
        ),
        ("How much more money does {s} need?", "How many more dollars does {n} need?", "How much is missing?"),
    ),
    Plot(
        ("a - b",),
        (
            "{N} had {a} dollars and spent {b} dollars.",
            "{N} has {a} dollars. {S} buys a {j} for {b} dollars.",
            "{N} pays with {a} dollars for a {j} that costs {b} dollars.",
            "{N} had {a} cents. {S} spent {b} cents on a {j}.",
        ),
        (
            "How much money is left?",
            "How much does {s} have left?",
            "How much change does {s} get?",
            "How much money does {n} have now?",
            "How many are left?",
        ),
    ),
    Plot(
        ("a - b",),
        (
            "{N} is {a} years old. {P} {r} is {b} years younger.",
            "{P} {r} is {b} years younger than {n}, who is {a} years old.",
        ),
        ("How old is {p} {r}?", "How many years old is {p} {r}?"),
    ),
    Plot(
        ("a - b",),
        (
            "{N} has {a} {i}. {F} has {b} fewer than {n}.",
            "{N} has {a} {i}. {F} has {b} less.",
            "{F} has {b} fewer {i} than {n}. {N} has {a}.",
            "{N} has {a} {i}, which is {b} more than {f} has.",
            "{N} {gained} {a} {i}. {F} {gained} {b} {i} less than {n}.",
        ),
        ("How many {i} does {f} have?", "How many does {f} have?", "How many {i} has {f} got?"),
        weight=1.5,
    ),
    Plot(
        ("a - b",),
        (
            "There are {a} {i} in the {c}. {b} of them are {u} and the others are {v}.",
            "{N} has {a} {i}. {b} are {u}, the rest are {v}.",
            "Of the {a} {i} of {n}, {b} are {u} and the rest {v}.",
        ),
        ("How many {i} are {v}?", "How many are {v}?", "How many {v} {i} are there?"),
    ),
    Plot(
        ("a - b",),
        (
            "There are {a} children in the group. {b} of them are girls.",
            "A class has {a} students and {b} of them are girls.",
        ),
        ("How many are boys?", "How many boys are there?"),
        weight=0.5,
    ),
    Plot(
        ("a - b",),
        (
            "The rope of {n} is {a} {i} long. {S} cuts off {b} {i}.",
            "A rope was {a} {i} long. {N} cut off {b} {i}.",
            "{N} has {a} {i} of ribbon and uses {b} {i}.",
        ),
        ("How long is it now?", "How many {i} are left?", "How long is the rest?"),
        items=language.LENGTHS,
    ),
    Plot(
        ("a - b",),
        ("A book has {a} {i}. {N} has read {b} of them.", "{N} must read {a} {i} and has read {b}."),
        ("How many {i} are left to read?", "How many {i} must {s} still read?", "How many {i} are left?"),
        items=language.SERVINGS,
    ),
    Plot(
        ("a - b",),
        ("{N} now has {a} {i}, after {f} gave {o} {b}.", "{N} {gained} {b} {i} and now has {a}."),
        ("How many {i} did {n} have before?", "How many {i} did {s} have at first?"),
    ),
)
