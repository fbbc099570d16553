"""Stories about what people own: things and money."""

from components.tasks.word_problems import language
from components.tasks.word_problems.scene import Scene

_HAVE_SHIFTS = {
    "+": ("{H} has {b} {i} more than {n}.", "{H} has {b} more {i} than {n} has."),
    "-": ("{H} has {b} {i} fewer than {n}.", "{H} has {b} fewer {i} than {n} has."),
    "*": ("{H} has {b} times as many {i} as {n}.", "{H} has {b} times as many as {n} has."),
}
_HAVE_QUESTIONS = (
    "How many {i} does {n} have now?",
    "How many {i} does {n} have in the end?",
    "How many {i} does {n} have at the end?",
    "In the end, how many {i} does {n} have?",
    "Now how many {i} does {n} have?",
    "What is the number of {i} that {n} has now?",
    "What number of {i} does {n} have in the end?",
    "Find the number of {i} {n} has now.",
    "Find how many {i} {n} has in the end.",
    "After all this, how many {i} does {n} have?",
)

THINGS = Scene(
    weight=0.55,
    subjects=language.PEOPLE,
    items=language.THINGS,
    starts=(
        "{N} has {a} {i}.",
        "{N} owns {a} {i}.",
        "{N} finds {a} {i} at the {w}.",
        "{N} buys {a} {i} at the {w}.",
        "At the {w}, {n} gets {a} {i}.",
        "{N} gets {a} {i} from {f}.",
        "{F} gives {n} {a} {i}.",
        "On {d}, {n} has {a} {i}.",
        "{N} has a {c} with {a} {i}.",
        "There are {a} {i} in the {c} of {n}.",
        "{N} starts the day with {a} {i}.",
        "{N} brings {a} {i} to the {w}.",
    ),
    openings={
        "*": (
            "{N} buys {a} {cs} with {b} {i} in each.",
            "{N} fills {a} {cs} with {b} {i} each.",
            "{N} has {a} {cs} of {b} {i} each.",
            "{N} opens {a} {cs} and finds {b} {i} in each.",
            "{N} gets {a} {i} a day for {b} days.",
            "{F} has {a} {i}. {N} has {b} times as many.",
            "{F} has {a} {i}, and {n} has {b} times as many as {f}.",
        ),
        "+": (
            "{N} has {a} {u} {i} and {b} {v} {i}.",
            "{N} buys {a} {u} {i} and {b} {v} ones.",
            "{N} has {a} {i} at home and {b} {i} at the {w}.",
            "{N} gets {a} {i} from {f} and {b} {i} from {g}.",
            "{N} finds {a} {i} on {d} and {b} more the next day.",
            "{F} has {a} {i}. {N} has {b} {i} more than {f}.",
        ),
        "-": (
            "{F} has {a} {i}. {N} has {b} {i} fewer than {f}.",
            "{N} had {a} {i}, but {b} of them are lost.",
            "{N} buys {a} {i}, but {b} of them are bad.",
        ),
    },
    events={
        "+": (
            "{S} buys {b} more {i}.",
            "Then {s} finds {b} more.",
            "{F} gives {o} {b} more {i}.",
            "Then {s} gets {b} {i} from {f}.",
            "{P} {r} gives {o} {b} {i}.",
            "At the {w}, {s} gets {b} more {i}.",
            "{S} wins {b} more {i} at the {w}.",
            "The next day, {s} buys {b} {i}.",
            "On {d}, {s} gets {b} more.",
            "Later, {s} finds {b} {i} in a {c}.",
            "Then {f} brings {o} {b} {i}.",
        ),
        "-": (
            "{S} gives {b} {i} to {f}.",
            "{S} loses {b} {i}.",
            "{S} sells {b} of the {i}.",
            "Then {s} gives away {b} of them.",
            "{F} takes {b} of the {i}.",
            "{S} leaves {b} {i} at the {w}.",
            "Later, {s} loses {b} of them at the {w}.",
            "{S} gives {p} {r} {b} of the {i}.",
            "On {d}, {s} sells {b} {i}.",
            "Then {s} throws away {b} old ones.",
            "{F} asks for {b} {i}, and {s} gives them away.",
        ),
        "*": (
            "Soon {s} has {b} times as many.",
            "By {d}, {s} has {b} times as many {i}.",
            "With help from {f}, {s} gets {b} times as many {i}.",
            "{P} {r} makes that {b} times as many {i}.",
            "Then the number of {i} grows to {b} times as many.",
        ),
        "/": (
            "{S} puts them in {b} equal {cs} and keeps one {c}.",
            "{S} splits the {i} into {b} equal parts and keeps one part.",
            "Then {s} shares them equally among {b} people and keeps one share.",
            "{S} fills {b} {cs} equally and keeps only one {c}.",
            "{F} splits them into {b} equal parts, and {n} takes one part.",
        ),
    },
    shifts=_HAVE_SHIFTS,
    questions=_HAVE_QUESTIONS,
)

MONEY = Scene(
    weight=0.15,
    subjects=language.PEOPLE,
    items=language.MONEY,
    starts=(
        "{N} has {a} dollars.",
        "{N} saves {a} dollars.",
        "{N} earns {a} dollars on {d}.",
        "{P} {r} gives {n} {a} dollars.",
        "{N} wins {a} dollars at the {w}.",
        "There are {a} dollars in the {c} of {n}.",
    ),
    openings={
        "*": (
            "{N} works {a} days and earns {b} dollars each day.",
            "{N} sells {a} books for {b} dollars each.",
            "{N} saves {a} dollars a day for {b} days.",
            "{F} has {a} dollars. {N} has {b} times as many.",
        ),
        "+": (
            "{N} earns {a} dollars on {d} and {b} dollars the next day.",
            "{N} gets {a} dollars from {f} and {b} dollars from {g}.",
            "{F} has {a} dollars. {N} has {b} dollars more than {f}.",
        ),
        "-": (
            "{N} has {a} dollars and pays {b} dollars for lunch.",
            "{F} has {a} dollars. {N} has {b} dollars fewer than {f}.",
        ),
    },
    events={
        "+": (
            "{S} earns {b} dollars more.",
            "{P} {r} gives {o} {b} dollars.",
            "Then {s} finds {b} dollars at the {w}.",
            "{S} sells a toy for {b} dollars.",
            "On {d}, {s} earns {b} dollars.",
            "{F} pays {o} {b} dollars for help.",
        ),
        "-": (
            "{S} spends {b} dollars on a book.",
            "{S} pays {b} dollars for lunch.",
            "Then {s} spends {b} dollars at the {w}.",
            "{S} gives {b} dollars to {p} {r}.",
            "A new hat costs {o} {b} dollars.",
            "On {d}, {s} loses {b} dollars.",
        ),
        "*": (
            "Soon {s} has {b} times as many dollars.",
            "By {d}, {s} has {b} times as many.",
            "With hard work, {s} gets {b} times as many dollars.",
        ),
        "/": (
            "{S} splits the money into {b} equal parts and keeps one part.",
            "Then {s} shares it equally among {b} people and keeps one share.",
            "{S} puts it in {b} equal {cs} and keeps one {c}.",
        ),
    },
    shifts=_HAVE_SHIFTS,
    questions=(*_HAVE_QUESTIONS, "How much money does {n} have now?", "How much money does {n} have in the end?"),
)
