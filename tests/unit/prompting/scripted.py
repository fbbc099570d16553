"""A model that says what a test wants it to, and a question for it."""

from collections.abc import Callable, Sequence

from components.model.capabilities import PromptForm
from components.prompting.asking import Ask, Rate, Reply, Say, Steps, T, Weigh, run_together
from components.prompting.format.config import Calibration
from components.prompting.method.question import Limits, Question
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig
from components.tasks.prompt import Prompter
from components.tasks.score import NUMBERS, Judge
from components.tasks.task import Exemplar, Item, TaskForm
from components.text.tokenizer import decode_ids, encode_text
from tests.tiny import make_tokenizer

TOKENIZER = make_tokenizer()
BARE = DocumentPromptConfig(document="{{ question }}:", answer_only_cue="")
SHOWN = (Exemplar("Q1", "1", "0 + 1 = 1. The answer is 1."), Exemplar("Q2", "2", "1 + 1 = 2. The answer is 2."))
Speak = Callable[[str, Say], str]
"""What is said behind a prompt, which is given as text."""


class Script:
    """Replies by functions of the prompt's text; keeps what was asked."""

    def __init__(
        self,
        speak: Speak = lambda *_: "",
        weigh: Callable[[str, str], float] = lambda *_: 0.0,
        rate: Callable[[str, str], float] = lambda *_: 0.0,
    ) -> None:
        self._speak, self._weigh, self._rate = speak, weigh, rate
        self.prompts: list[str] = []
        self.rounds = 0

    def ask(self, asks: Sequence[Ask]) -> list[Reply]:
        self.rounds += 1
        return [self._answer(one) for one in asks]

    def _answer(self, one: Ask) -> Reply:
        match one:
            case Say():
                self.prompts.append(decode_ids(TOKENIZER, one.ids))
                text = self._speak(self.prompts[-1], one)
                return Reply(text, tuple(encode_text(TOKENIZER, text)))
            case Weigh():
                return Reply(value=self._weigh(decode_ids(TOKENIZER, one.ids), decode_ids(TOKENIZER, one.continuation)))
            case Rate():
                return Reply(value=self._rate(one.question, one.answer))

    def run(self, way: Steps[T]) -> T:
        [course] = run_together([way], self.ask)
        return course.result


def make_question(
    question: str = "Q3",
    *,
    options: tuple[str, ...] = (),
    calibration: Calibration = "none",
    choices: tuple[tuple[Exemplar, ...], ...] = (SHOWN,),
    form: PromptForm = "documents",
    gold: str = "3",
) -> Question:
    judge = Judge((), options=options) if options else NUMBERS
    task = TaskForm("t", ChatPromptConfig(), BARE, {}, by_likelihood=bool(options))
    item = Item("t/0", "test", question, gold, task, judge)
    return Question(item, choices, Prompter(TOKENIZER, form, 400), Limits(8, 16), 1, calibration)
