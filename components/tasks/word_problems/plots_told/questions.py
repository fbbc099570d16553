"""Questions that several families of plots end with."""

NOW = (
    "How many {i} does {n} have now?",
    "How many {i} does {s} have in the end?",
    "How many {i} does {n} have then?",
    "How many does {s} have now?",
    "How many {i} are there now?",
)
LEFT = (
    "How many {i} does {n} have left?",
    "How many {i} does {s} still have?",
    "How many {i} are left?",
    "How many {i} are left over?",
    "How many remain?",
    "How many {i} does {n} have now?",
)
MONEY_LEFT = (
    "How much money is left?",
    "How much money does {s} have left?",
    "How many dollars does {n} have left?",
    "How much does {s} have now?",
    "How much change does {s} get?",
)
