"""The likeliest option, with the model's bias towards some options taken out of it.

Shapes: O options, Q questions without content.
"""

import math
from collections.abc import Sequence
from typing import assert_never

from components.prompting.asking import Steps, Weigh
from components.prompting.likelihoods import encode_option
from components.prompting.method.question import Answered, Question
from components.tasks.prompt import Prompt

WITHOUT_CONTENT = ("N/A", "[MASK]", "")
"""Questions that say nothing, as in Zhao et al. 2021."""


def weigh_options(question: Question, prompt: Prompt) -> Steps[Answered]:
    """The item's option that has most weight."""
    options = question.item.judge.options
    own = yield ask_options(question, prompt)
    logprobs = [reply.value for reply in own]
    match question.calibration:
        case "none":
            weights = [value / max(1, len(option.encode())) for value, option in zip(logprobs, options, strict=True)]
        case "contextual":
            blank = [question.write(cot=False, question=text) for text in WITHOUT_CONTENT]
            found = []
            for other in [one for one in blank if one is not None]:
                replies = yield ask_options(question, other)
                found.append([reply.value for reply in replies])
            weights = calibrate_contextually(logprobs, found)
        case "mutual_information":
            nothing = question.without_demonstrations().write(cot=False, question="")
            replies = (yield ask_options(question, nothing)) if nothing else own
            weights = [value - reply.value for value, reply in zip(logprobs, replies, strict=True)]
        case _:
            assert_never(question.calibration)
    return Answered(options[max(range(len(options)), key=weights.__getitem__)], prompt)


def ask_options(question: Question, prompt: Prompt) -> list[Weigh]:
    """Each option behind a prompt."""
    writer = question.prompter
    return [
        Weigh(prompt.ids, tuple(encode_option(writer.tokenizer, option, writer.delimiter)))
        for option in question.item.judge.options
    ]


def calibrate_contextually(logprobs_O: Sequence[float], blank_QO: Sequence[Sequence[float]]) -> list[float]:
    """Probabilities of the options over their mean probabilities behind questions without content, in logarithms.

    Zhao et al. 2021, arXiv 2102.09690: q = W p with W the inverse of the diagonal of the latter, each normalised over
    the options.
    """
    p_O = normalize(logprobs_O)
    blank = [normalize(row) for row in blank_QO]
    mean_O = [sum(row[place] for row in blank) / len(blank) for place in range(len(p_O))]
    return [math.log(p or TINY) - math.log(free or TINY) for p, free in zip(p_O, mean_O, strict=True)]


TINY = 1e-300
"""Of a probability that underflows."""


def normalize(logprobs_O: Sequence[float]) -> list[float]:
    """Probabilities that sum to 1."""
    most = max(logprobs_O)
    shares = [math.exp(value - most) for value in logprobs_O]
    return [share / sum(shares) for share in shares]
