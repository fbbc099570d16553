"""Plots of one step in which equal parts come together."""

from components.tasks.word_problems import language
from components.tasks.word_problems.plots import Plot

PRODUCTS = (
    Plot(
        ("a * b",),
        (
            "A {j} has {b} {k}.",
            "Each {j} has {b} {k}.",
            "Every {j} needs {b} {k}.",
            "One {j} comes with {b} {k}.",
            "There are {b} {k} on every {j}.",
        ),
        (
            "How many {k} do {a} {i} have?",
            "How many {k} are there for {a} {i}?",
            "How many {k} are that for {a} {i}?",
            "{N} has {a} {i}. How many {k} is that?",
        ),
        items=(*language.GOODS, *language.ANIMALS),
        weight=1.5,
    ),
    Plot(
        ("a * b",),
        ("A {j} costs {b} dollars.", "One {j} costs {b} dollars.", "The price of a {j} is {b} dollars."),
        (
            "How much do {a} {i} cost?",
            "How much does {n} pay for {a} {i}?",
            "How many dollars are {a} {i}?",
            "What do {a} {i} cost?",
        ),
    ),
    Plot(
        ("a * b",),
        ("A {c} weighs {b} pounds.", "One {c} of {i} weighs {b} pounds.", "A {c} of {i} lasts {b} days."),
        ("How much is it for {a} {cs}?", "How many is that for {a} {cs}?", "{N} has {a} {cs}. How many is that?"),
        weight=0.7,
    ),
    Plot(
        ("a * b",),
        (
            "{a} friends have {b} {i} each.",
            "Each of {a} {people} has {b} {i}.",
            "{a} {people} bring {b} {i} each.",
            "{N} and {p} friends, {a} {people} in all, {gained} {b} {i} each.",
        ),
        ("How many {i} do they have together?", "How many {i} are there altogether?", "How many {i} is that in all?"),
    ),
    Plot(
        ("a * 7",),
        ("A week has seven days.", "There are 7 days in a week.", "{N} stays for {a} weeks."),
        ("How many days are {a} weeks?", "How many days do {a} weeks have?"),
        weight=0.3,
    ),
    Plot(
        ("a * b",),
        (
            "There are {a} {cs} with {b} {i} in each {c}.",
            "{N} has {a} {cs} with {b} {i} in each.",
            "{N} buys {a} {cs} of {i}. There are {b} {i} in each {c}.",
            "Each {c} holds {b} {i}. {N} has {a} {cs}.",
            "A {c} holds {b} {i}. {N} fills {a} {cs}.",
            "{N} has {a} {cs} of {b} {i} each.",
            "There are {b} {i} in a {c} and {n} has {a} {cs}.",
        ),
        (
            "How many {i} are there in all?",
            "How many {i} does {n} have?",
            "How many {i} are there altogether?",
            "How many {i} is that?",
            "What is the total number of {i}?",
        ),
        weight=2.0,
    ),
    Plot(
        ("a * b",),
        (
            "A {j} costs {b} dollars. {N} buys {a} {i}.",
            "{N} buys {a} {i} for {b} dollars each.",
            "{N} sells {a} {i}. Each {j} costs {b} dollars.",
            "One {j} costs {b} dollars, and {n} wants {a}.",
        ),
        (
            "How much does {s} pay?",
            "How much is that in all?",
            "How many dollars is that?",
            "How much do the {i} cost?",
            "What is the total cost?",
        ),
    ),
    Plot(
        ("a * b",),
        (
            "There are {a} rows of {i} with {b} {i} in each row.",
            "{N} plants {a} rows of {b} {i}.",
            "{N} puts {i} in {a} rows of {b}.",
            "Each row has {b} {i}, and there are {a} rows.",
        ),
        ("How many {i} are there?", "How many {i} are there in all?", "How many {i} is that altogether?"),
    ),
    Plot(
        ("a * b",),
        (
            "{N} reads {a} {i} every day for {b} days.",
            "{N} reads {a} {i} a day.",
            "Each day {n} reads {a} {i}.",
        ),
        ("How many {i} does {s} read in {b} days?", "How many {i} does {n} read in {b} days in all?"),
        items=language.SERVINGS,
    ),
    Plot(
        ("a * b",),
        ("{N} walks {a} {i} a day.", "{N} rides {a} {i} every day.", "Every day {n} runs {a} {i}."),
        ("How many {i} is that in {b} days?", "How far is that in {b} days?", "How many {i} are that after {b} days?"),
        items=language.DISTANCES,
    ),
    Plot(
        ("a * b",),
        ("{N} makes {a} {i} every hour.", "{N} {gained} {a} {i} each day.", "A machine makes {a} {i} an hour."),
        ("How many {i} is that in {b} hours?", "How many {i} are there after {b} of them?", "How many is that in {b}?"),
        weight=0.7,
    ),
    Plot(
        ("a * b",),
        (
            "{N} has {a} {i}. {F} has {b} times as many.",
            "{N} has {a} {i}. {F} has {b} times as many {i} as {n}.",
            "{F} has {b} times as many {i} as {n}. {N} has {a} {i}.",
            "{N} {gained} {a} {i}, and {f} {gained} {b} times as many.",
        ),
        ("How many {i} does {f} have?", "How many does {f} have?", "How many {i} are that?"),
    ),
    Plot(
        ("a * 2",),
        (
            "{N} has {a} {i}. {F} has twice as many.",
            "{F} has twice as many {i} as {n}. {N} has {a}.",
            "{N} has {a} {i}, and {f} has double that number.",
            "{N} {gained} {a} {i} on {d}. {F} {gained} twice as many.",
        ),
        ("How many {i} does {f} have?", "How many does {f} have?", "How many {i} is that?"),
    ),
    Plot(
        ("a * 4",),
        ("A {animal} has 4 legs.", "Each {animal} has four legs.", "A car has 4 wheels.", "Every table has four legs."),
        ("How many are there on {a} of them?", "How many do {a} of them have?", "How many do {a} have in all?"),
        weight=0.5,
    ),
    Plot(
        ("a * b",),
        (
            "{N} earns {b} dollars an hour and works {a} hours.",
            "{N} works {a} days for {b} dollars a day.",
            "{N} saves {b} dollars a week for {a} weeks.",
        ),
        ("How much does {s} earn?", "How many dollars is that?", "How much money is that in all?"),
    ),
    Plot(
        ("a * b",),
        (
            "There are {a} tables with {b} {i} at each.",
            "{a} cars bring {b} {i} each.",
            "There are {a} teams with {b} {i} in each team.",
            "Each car can hold {b} {i}. There are {a} cars.",
            "Each bench seats {b} {i}, and there are {a} benches.",
        ),
        ("How many {i} is that?", "How many {i} are there in all?", "How many {i} are there altogether?"),
        items=language.CROWD,
    ),
    Plot(
        ("a * b",),
        (
            "{N} gives {b} {i} to each of {p} {a} friends.",
            "{a} children get {b} {i} each.",
            "{N} has {a} friends and gives each of them {b} {i}.",
        ),
        ("How many {i} does {s} need?", "How many {i} is that in all?", "How many {i} are given away?"),
    ),
)
