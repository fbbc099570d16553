"""Stories about games, crowds, stocks, water and rope: the same arithmetic, other words."""

from components.tasks.word_problems import language
from components.tasks.word_problems.possessions import THINGS
from components.tasks.word_problems.scene import Scene

POINTS = Scene(
    weight=0.08,
    subjects=language.PEOPLE,
    items=language.POINTS,
    starts=(
        "{N} starts a game with {a} points.",
        "{N} scores {a} points in a game.",
        "In the first game, {n} wins {a} points.",
        "{N} has {a} points in a game with {f}.",
    ),
    openings={
        "*": (
            "{N} plays {a} games and scores {b} points in each.",
            "{N} scores {a} points in each of {b} games.",
            "In a game, {f} has {a} points. {N} has {b} times as many.",
        ),
        "+": (
            "{N} scores {a} points in one game and {b} points in the next.",
            "In a game, {f} has {a} points. {N} has {b} points more than {f}.",
        ),
        "-": (
            "{N} scores {a} points but then loses {b} points.",
            "In a game, {f} has {a} points. {N} has {b} points fewer than {f}.",
        ),
    },
    events={
        "+": (
            "{S} scores {b} more points.",
            "Then {s} wins {b} points.",
            "A good card gives {o} {b} points.",
            "In the next game, {s} scores {b} points.",
        ),
        "-": (
            "{S} loses {b} points.",
            "Then {f} takes {b} points from {o}.",
            "A bad card costs {o} {b} points.",
            "In the next game, {s} loses {b} points.",
        ),
        "*": (
            "A lucky card gives {o} {b} times as many points.",
            "Soon {s} has {b} times as many points.",
        ),
        "/": (
            "{S} splits the points into {b} equal parts and keeps one part.",
            "Then {s} shares the points equally among {b} people and keeps one share.",
        ),
    },
    shifts=THINGS.shifts,
    questions=(*THINGS.questions, "What is the score of {n} now?"),
)

CROWDS = Scene(
    weight=0.09,
    subjects=language.GATHERINGS,
    items=language.CROWD,
    starts=(
        "There are {a} {i} at {n}.",
        "In the morning, {a} {i} are at {n}.",
        "{N} is open, and {a} {i} come.",
        "On {d}, {a} {i} come to {n}.",
    ),
    openings={
        "*": (
            "{a} groups of {b} {i} each come to {n}.",
            "On {d}, {a} groups with {b} {i} in each come to {n}.",
        ),
        "+": (
            "On {d}, {a} {i} come to {n}, and then {b} more come.",
            "At {n} there are {a} {i} in the morning, and {b} more come later.",
        ),
        "-": ("On {d}, {a} {i} come to {n}, but {b} of them leave.",),
    },
    events={
        "+": (
            "Then {b} more {i} come.",
            "Later, {b} more {i} come with {f}.",
            "After lunch, {b} more {i} come.",
            "The next day, {b} more come.",
        ),
        "-": (
            "Then {b} {i} leave.",
            "Later, {b} of the {i} go home.",
            "After lunch, {b} {i} go away.",
            "{F} takes {b} of the {i} home.",
        ),
        "*": (
            "Soon there are {b} times as many {i}.",
            "By {d}, there are {b} times as many.",
        ),
        "/": (
            "They split into {b} equal groups, and only one group stays.",
            "The {i} make {b} equal groups, and all groups but one leave.",
        ),
    },
    questions=(
        "How many {i} are there now?",
        "How many {i} are at {n} now?",
        "How many {i} are there in the end?",
        "In the end, how many {i} are at {n}?",
        "Find the number of {i} at {n} now.",
        "What is the number of {i} at {n} in the end?",
    ),
)

STOCKS = Scene(
    weight=0.07,
    subjects=language.STORES,
    items=language.THINGS,
    starts=("{N} has {a} {i}.", "On {d}, {n} has {a} {i}.", "There are {a} {i} at {n}."),
    openings={
        "*": ("{N} has {a} {cs} with {b} {i} in each.", "A truck brings {a} {cs} of {b} {i} each to {n}."),
        "+": ("{N} has {a} {u} {i} and {b} {v} {i}.",),
        "-": ("{N} gets {a} {i}, but {b} of them are bad.",),
    },
    events={
        "+": (
            "A truck brings {b} more {i}.",
            "{F} brings {b} {i} to {n}.",
            "On {d}, {s} gets {b} more {i}.",
            "Then {s} buys {b} {i} from {f}.",
        ),
        "-": (
            "{F} buys {b} of the {i}.",
            "On {d}, {s} sells {b} {i}.",
            "Then {s} sells {b} of them to {f}.",
            "A truck takes {b} {i} to the {w}.",
        ),
        "*": ("Soon {s} has {b} times as many {i}.", "By {d}, {s} has {b} times as many."),
        "/": (
            "{S} packs them in {b} equal {cs} and sells all but one {c}.",
            "The {i} are split into {b} equal parts, and {n} keeps one part.",
        ),
    },
    questions=THINGS.questions,
)

WATER = Scene(
    weight=0.03,
    subjects=language.TANKS,
    items=language.LITERS,
    starts=("{N} holds {a} liters of water.", "There are {a} liters of water in {n}."),
    openings={
        "*": ("{F} pours {a} cups of {b} liters each into {n}.",),
        "+": ("{F} pours {a} liters and then {b} liters of water into {n}.",),
        "-": ("{N} holds {a} liters of water, but {b} liters are lost.",),
    },
    events={
        "+": ("{F} pours in {b} more liters.", "Then rain adds {b} liters."),
        "-": ("{F} takes out {b} liters.", "Then {b} liters are lost."),
        "*": ("After the rain, {s} holds {b} times as many liters.",),
        "/": ("The water is split into {b} equal parts, and only one part stays.",),
    },
    questions=(
        "How many liters does {n} hold now?",
        "How many liters does {n} hold in the end?",
        "How many liters of water are in {n} in the end?",
        "How much water does {n} hold now?",
        "In the end, how much water is in {n}?",
        "Find how many liters of water {n} holds now.",
    ),
)

ROPES = Scene(
    weight=0.03,
    subjects=language.ROPES,
    items=language.LENGTHS,
    starts=("{N} is {a} feet long.", "{F} has {n}, and it is {a} feet long."),
    openings={
        "*": ("{F} makes {n} of {a} parts, each {b} feet long.",),
        "+": ("{F} makes {n} of two parts, {a} feet and {b} feet long.",),
        "-": ("{N} is {a} feet long, but {b} feet are cut off.",),
    },
    events={
        "+": ("{F} adds {b} feet.", "Then {f} makes it {b} feet longer."),
        "-": ("{F} cuts off {b} feet.", "Then {b} feet are cut off."),
        "*": ("Later, it is {b} times as long.",),
        "/": ("{F} cuts it into {b} equal parts and keeps one part.",),
    },
    questions=(
        "How long is {n} now?",
        "How long is {n} in the end?",
        "How many feet long is {n} in the end?",
        "In the end, how long is {n}?",
        "Find how long {n} is now.",
        "Find how many feet long {n} is now.",
    ),
)
