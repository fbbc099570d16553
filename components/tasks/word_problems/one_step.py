"""Plots of one step: what people add, take away, multiply and share."""

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
_EACH = (
    "How many {i} does each one get?",
    "How many {i} does each of them get?",
    "How many {i} does each person get?",
    "How many does each get?",
)

SUMS = (
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

DIFFERENCES = (
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

PRODUCTS = (
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

QUOTIENTS = (
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

BARE = (
    Plot(("a + b",), ("What is {a} + {b}?", "Calculate {a} + {b}.", "How much is {a} plus {b}?"), ("",)),
    Plot(("a - b",), ("What is {a} - {b}?", "Calculate {a} - {b}.", "How much is {a} minus {b}?"), ("",)),
    Plot(("a * b",), ("What is {a} * {b}?", "Calculate {a} * {b}.", "How much is {a} times {b}?"), ("",)),
    Plot(("a / b",), ("What is {a} / {b}?", "Calculate {a} / {b}.", "How much is {a} divided by {b}?"), ("",)),
)
"""Sums without a story; drills are made of them, too."""

PLOTS = (*SUMS, *DIFFERENCES, *PRODUCTS, *QUOTIENTS, *BARE)
