"""Plots of one step in which something is added."""

from components.tasks.word_problems import language
from components.tasks.word_problems.plots import Plot

_TOGETHER = (
    "How many {i} do they have together?",
    "How many {i} do they have altogether?",
    "How many {i} do they have in all?",
    "How many {i} do {n} and {f} have together?",
    "How many {i} do they both have?",
    "How many {i} do the two have in total?",
    "What is the total number of {i}?",
)
_IN_ALL = (
    "How many {i} did {s} {gain} in all?",
    "How many {i} did {n} {gain} altogether?",
    "How many {i} did {s} {gain} in total?",
    "How many {i} did {n} {gain}?",
)

SUMS = (
    Plot(
        ("a + b",),
        (
            "{N} has {a} {i} in one {c} and {b} in another.",
            "There are {a} {i} on one {c} and {b} on the other.",
            "One {c} holds {a} {i} and another {c} holds {b} {i}.",
            "{a} {i} lie on the left and {b} {i} on the right.",
            "{N} put {a} {i} and then {b} more {i} into a {c}.",
        ),
        (
            "How many {i} are there in all?",
            "How many {i} are there altogether?",
            "How many {i} is that?",
            "How many {i} are there in total?",
        ),
    ),
    Plot(
        ("a + b",),
        (
            "{N} ate {a} {i} for breakfast and {b} for lunch.",
            "{N} baked {a} {i} and {f} baked {b}.",
            "{N} cooked {a} {i} on {d} and {b} on {e}.",
        ),
        ("How many {i} is that in all?", "How many {i} is that altogether?", "What is the total?"),
        items=language.FOODS,
    ),
    Plot(
        ("a + b",),
        (
            "A tree was {a} {i} tall. It grew {b} {i}.",
            "{N} is {a} {i} tall. {F} is {b} {i} taller.",
            "A board is {a} {i} long and a pole is {b} {i} longer.",
        ),
        ("How tall or long is that?", "How many {i} is the larger one?", "How many {i} is that?"),
        items=language.LENGTHS,
        weight=0.7,
    ),
    Plot(
        ("a + b",),
        (
            "{N} worked for {a} minutes and then rested for {b} minutes.",
            "{N} played for {a} hours on {d} and {b} hours on {e}.",
            "A trip takes {a} minutes by bus and {b} minutes by train.",
        ),
        ("How much time is that in all?", "How long is that altogether?", "How long did it take?"),
        weight=0.7,
    ),
    Plot(
        ("a + b",),
        (
            "{N} had some {i}. {S} gave {b} to {f} and has {a} left.",
            "{N} took {b} {i} out of a {c}. {a} {i} are still in it.",
        ),
        ("How many {i} were there at first?", "How many {i} were there before?", "How many {i} did it start with?"),
        weight=0.7,
    ),
    Plot(
        ("a + b",),
        (
            "{N} has {a} {i}. {F} has {b} {i}.",
            "{N} has {a} {i} and {f} has {b} {i}.",
            "{N} has {a} {i} and {p} {r} has {b}.",
            "{N} owns {a} {i}, and {f} owns {b}.",
        ),
        _TOGETHER,
    ),
    Plot(
        ("a + b",),
        (
            "{N} {gained} {a} {i} and {f} {gained} {b} {i}.",
            "{N} {gained} {a} {i}, and {p} {r} {gained} {b}.",
            "{N} {gained} {a} {i}. {F} {gained} {b}.",
        ),
        (
            "How many {i} did they {gain} together?",
            "How many {i} did they {gain} in all?",
            "How many {i} did both {gain}?",
        ),
    ),
    Plot(
        ("a + b",),
        (
            "{N} {gained} {a} {i} on {d} and {b} {i} on {e}.",
            "{N} {gained} {a} {i} in the morning and {b} in the afternoon.",
            "{N} {gained} {a} {i} yesterday and {b} {i} today.",
            "On {d}, {n} {gained} {a} {i}. On {e}, {s} {gained} {b} more.",
            "{N} {gained} {a} {u} {i} and {b} {v} {i}.",
        ),
        _IN_ALL,
    ),
    Plot(
        ("a + b",),
        (
            "{N} had {a} {i}. Then {s} {gained} {b} more.",
            "{N} had {a} {i} and {gained} {b} more {i}.",
            "{N} had {a} {i}. {F} gave {o} {b} more.",
            "{N} had {a} {i}. {P} {r} gave {o} {b} {i}.",
            "{N} has {a} {i} and buys {b} more.",
            "{N} has {a} {i} and gets {b} more from {f}.",
            "After {n} got {b} {i} from {f}, {s} added them to the {a} {i} {s} had.",
        ),
        (
            "How many {i} does {n} have now?",
            "How many {i} does {s} have in all?",
            "How many {i} does {s} have altogether?",
            "How many {i} did {n} have then?",
            "How many {i} is that in total?",
            "Now how many does {s} have?",
        ),
        weight=2.0,
    ),
    Plot(
        ("a + b",),
        (
            "There are {a} {u} {i} and {b} {v} {i} in the {c}.",
            "In the {c} there are {a} {i} and {b} {k}.",
            "A {c} has {a} {u} {i} and {b} {v} {i} in it.",
            "On the table are {a} {i} and {b} {k}.",
        ),
        ("How many things are there in all?", "How many are there altogether?", "How many are there in total?"),
    ),
    Plot(
        ("a + b",),
        (
            "There are {a} {i} and {b} {k} at {place}.",
            "{a} {i} and {b} {k} came to {place}.",
            "Our team has {a} {i} and {b} {k}.",
            "In a class there are {a} {i} and {b} {k}.",
        ),
        ("How many are there altogether?", "How many people is that?", "How many are there in all?", "How many came?"),
        items=language.CROWD,
    ),
    Plot(
        ("a + b",),
        (
            "There were {a} {i} at {place}. Then {b} more {i} came.",
            "{a} {i} were at {place} and {b} more joined them.",
            "{Place} has {a} {i}. {b} more get on.",
        ),
        ("How many {i} are there now?", "How many {i} are there altogether?", "How many {i} were there then?"),
        items=(*language.CROWD, *language.ANIMALS),
    ),
    Plot(
        ("a + b",),
        (
            "{N} has {a} {i}. {F} has {b} more than {n}.",
            "{N} has {a} {i}. {F} has {b} more {i} than {n}.",
            "{N} has {a} {i} and {f} has {b} more.",
            "{F} has {b} more {i} than {n}. {N} has {a} {i}.",
            "{N} has {a} {i}, which is {b} fewer than {f} has.",
        ),
        (
            "How many {i} does {f} have?",
            "How many does {f} have?",
            "How many {i} has {f}?",
            "Find how many {i} {f} has.",
        ),
        weight=2.0,
    ),
    Plot(
        ("a + b",),
        (
            "{N} is {a} years old. {P} {r} is {b} years older.",
            "{N} is {a} years old, and {p} {r} is {b} years older than {s} is.",
            "{P} {r} is {b} years older than {n}, who is {a}.",
        ),
        ("How old is {p} {r}?", "How many years old is {p} {r}?", "What is the age of {p} {r}?"),
    ),
    Plot(
        ("a + b",),
        (
            "A {j} costs {a} dollars and a {l} costs {b} dollars.",
            "{N} buys a {j} for {a} dollars and a {l} for {b} dollars.",
            "{N} paid {a} dollars for a {j} and {b} dollars for a {l}.",
        ),
        (
            "How much do they cost together?",
            "How many dollars is that in all?",
            "How much is that in total?",
            "What is the total cost?",
            "How much money is that altogether?",
        ),
    ),
    Plot(
        ("a + b",),
        (
            "{N} had {a} dollars and earned {b} dollars.",
            "{N} has {a} dollars. {P} {r} gives {o} {b} dollars.",
            "{N} saved {a} dollars in May and {b} dollars in June.",
        ),
        ("How much money does {s} have now?", "How many dollars does {n} have?", "How much does {s} have in all?"),
    ),
    Plot(
        ("a + b",),
        (
            "{N} {moved} {a} {i} on {d} and {b} {i} on {e}.",
            "{N} {moved} {a} {i} in the morning and {b} {i} in the evening.",
            "On {d}, {n} {moved} {a} {i}. The next day {s} {moved} {b} {i}.",
        ),
        ("How many {i} is that in all?", "How many {i} are that altogether?", "How far is that in {i}?"),
        items=language.DISTANCES,
    ),
    Plot(
        ("a + b",),
        ("{N} read {a} {i} on {d} and {b} {i} on {e}.", "Yesterday {n} read {a} {i}. Today {s} read {b} {i}."),
        ("How many {i} did {s} read in all?", "How many {i} did {n} read?", "How many {i} has {s} read so far?"),
        items=language.SERVINGS,
    ),
    Plot(
        ("a + b",),
        ("{N} gave {b} {i} to {f} and has {a} {i} left.", "After {n} sold {b} {i}, {s} had {a} left."),
        ("How many {i} did {n} have at first?", "How many {i} did {s} start with?", "How many {i} were there before?"),
    ),
    Plot(
        ("a + b",),
        (
            "It was {a} degrees in the morning. Then it got {b} degrees warmer.",
            "The water had {a} degrees, and {n} made it {b} degrees warmer.",
            "{N} weighed {a} kilograms and gained {b} kilograms.",
            "A {j} weighs {a} grams and a {l} weighs {b} grams more.",
        ),
        ("How much is it now?", "What is the new number?", "How much is that?"),
        weight=0.5,
    ),
)
