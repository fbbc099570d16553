"""The words in which a problem is posed: those that ask for steps, for the bare answer, or leave it free."""

from components.tasks.config import ChatPromptConfig
from components.tasks.phrasing import Phrasings

CHAT = ChatPromptConfig()
"""The fixed phrasings that evaluation uses; both are among the trained ones."""

_QUESTION = "{{ question }}"
_SAID: Phrasings = {
    "cot": (
        "{q} Think step by step.",
        "{q} Let's think step by step.",
        "{q} Show your work.",
        "{q} Show each step.",
        "{q} Work it out step by step.",
        "{q} Explain how you find the answer.",
        "{q} Write all the steps.",
        "{q} Solve it one step at a time.",
        "Think step by step. {q}",
        "Solve this step by step. {q}",
        "Show your work. {q}",
        "Explain each step. {q}",
        "Work out the problem step by step: {q}",
        "Write each step and then the answer. {q}",
    ),
    "answer_only": (
        "{q} Give only the answer.",
        "{q} Just give the answer.",
        "{q} Answer with the number only.",
        "{q} Say only the answer.",
        "{q} Answer at once.",
        "{q} Do not show your work.",
        "{q} Only the answer, please.",
        "{q} No steps, only the answer.",
        "Give only the answer. {q}",
        "Just the answer, please: {q}",
        "Answer at once. {q}",
        "Do not show any steps. {q}",
        "Say only the number. {q}",
        "Without steps, give the answer: {q}",
    ),
    "unconstrained": (
        "{q}",
        "{q}",
        "{q}",
        "{q} Please help.",
        "{q} What is the answer?",
        "Please solve this problem. {q}",
        "Here is a problem: {q}",
        "Can you solve this? {q}",
        "Help me with this problem: {q}",
        "Solve: {q}",
        "I have a question. {q}",
        "Question: {q}",
        "Next problem: {q}",
        "Answer this question: {q}",
    ),
}
PHRASINGS: Phrasings = {
    style: tuple(said.replace("{q}", _QUESTION) for said in phrasings) for style, phrasings in _SAID.items()
}
"""By style, templates of a user's turn."""
