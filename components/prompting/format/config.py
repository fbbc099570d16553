"""How a prompt looks, and how a model's bias towards some answers is taken out."""

from typing import Annotated, Any, Literal

from pydantic import Field

from components.base.config import Config

Calibration = Literal["none", "contextual", "mutual_information"]


class _Calibrated(Config):
    calibration: Calibration = "none"
    """Of options that are weighed. `contextual` divides by what the model makes of questions without content behind the
    same demonstrations (Zhao et al. 2021, arXiv 2102.09690); `mutual_information` by what it makes of no question at
    all (Holtzman et al. 2021, arXiv 2104.08315)."""


class _Format(_Calibrated):
    label_words: dict[str, str] = Field(default_factory=dict)
    """Other words for the options of a task, by the task's own: in demonstrations and where options are weighed."""


class TrainedFormat(_Format):
    """The task's own words in the form that the model was trained in: turns of a chat, or a run of documents."""

    kind: Literal["as_trained"]


class FieldsFormat(_Format):
    """Plain text of fields, whatever the model was trained in."""

    kind: Literal["fields"]
    description: str | None = None
    """What goes before all of it; null is nothing."""
    document: str | None = None
    """Template of a question, whose `question` is the rendered one; null is the task's own."""
    separator: str | None = None
    """What stands between two questions; null is the token that ends a document."""


class ChatFormat(_Format):
    """Turns of a conversation in the model's chat template, whatever the model was trained in."""

    kind: Literal["chat"]
    description: str | None = None
    """What the system says first; null is nothing."""
    answer_only: str | None = None
    """Template of a turn that asks for the answer at once; null is the task's own."""
    cot: str | None = None
    """Template of a turn that asks for a chain of thought; null is the task's own."""


class ExternalFormat(_Format):
    """A callable of the user's own, called as `write(item, demonstrations, cot=..., **options)`: it gives the prompt's
    text, or the messages of a chat."""

    kind: Literal["external"]
    target: Annotated[str, Field(pattern=r"^[\w.]+:\w+$", description="package.module:function")]
    options: dict[str, Any] = Field(default_factory=dict)
    """Whatever the callable wants to be told."""


class HarnessFormat(_Calibrated):
    """An lm-eval page's own words, as plain text, for tasks of kind `harness`: what stands before an answer is what
    `python -m components.evaluate.harness prompts` prints with the same demonstrations, which are rows that the page
    shows. Selection `random`, draw 0, has those of lm-eval's sampler."""

    kind: Literal["harness"]


Format = Annotated[
    TrainedFormat | FieldsFormat | ChatFormat | ExternalFormat | HarnessFormat,
    Field(discriminator="kind", description="One way to write a prompt."),
]
