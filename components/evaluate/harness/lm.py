"""The other way round: a model class for lm-eval over an engine of ours, so that its command runs all its tasks.

lm-eval is no dependency: it is imported here alone, where its command is asked for, from the user's own environment.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from components.base.errors import PipelineError
from components.evaluate.harness.asking import Asker, read_settings
from components.generation.pool import open_pool
from components.model.config import InferenceConfig
from components.tasks.harness.chat import make_chat_template

NAME = "ontogeny"
"""What lm-eval's `--model` calls it."""


def run_lm_eval(arguments: Sequence[str]) -> None:
    """lm-eval's own command line, with our model class among its models. Raises PipelineError where it is not here."""
    import sys

    register_lm()
    from lm_eval.__main__ import cli_evaluate

    sys.argv = ["lm_eval", *arguments]
    cli_evaluate()


def register_lm() -> type[Any]:
    """Make `--model ontogeny --model_args pretrained=FOLDER` known to lm-eval, and return the class."""
    try:
        from lm_eval.api.model import TemplateLM
        from lm_eval.api.registry import register_model
    except ImportError as error:
        raise PipelineError(f"lm_eval is not installed here ({error}): pip install lm_eval==0.4.13") from None

    @register_model(NAME)
    class OntogenyLM(TemplateLM):  # type: ignore[misc]
        """A model folder, asked by continuous batching and scored behind shared prefixes."""

        def __init__(self, pretrained: str, dtype: Any = "own", max_length: int | None = None, **_: object) -> None:
            """Other arguments, such as a batch size, mean nothing here: batches are made of what there is room for."""
            super().__init__()
            inference = InferenceConfig(dtype=dtype, max_length=None if max_length is None else int(max_length))
            self._open = ExitStack()
            pool = self._open.enter_context(open_pool(Path(pretrained), inference))
            self._asker = Asker(pool)
            self.tokenizer, self.max_length = pool.tokenizer, pool.context
            self._chat = make_chat_template(pool.tokenizer)
            self._folder = pretrained

        @property
        def tokenizer_name(self) -> str:
            return self._folder.replace("/", "__")

        @property
        def eot_token_id(self) -> int:
            return int(self.tokenizer.eos_token_id)

        @property
        def prefix_token_id(self) -> int:
            return self._asker.encoder.prefix_id

        def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: object) -> list[int]:
            if add_special_tokens is None:
                return self._asker.encoder.encode([string])[0]
            return list(self.tokenizer.encode(string, add_special_tokens=add_special_tokens))

        def _loglikelihood_tokens(self, requests: Any, **_: object) -> list[tuple[float, bool]]:
            scores = self._asker.score_ids([(context, continuation) for _, context, continuation in requests])
            return [(score.logprob, score.greedy) for score in scores]

        def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> list[tuple[float, bool]]:
            scores = self._asker.score_pairs([request.args for request in requests])
            return [(score.logprob, score.greedy) for score in scores]

        def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
            return self._asker.score_rolling([request.args[0] for request in requests])

        def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
            prompts, kwargs = zip(*(request.args for request in requests), strict=True)
            return self._asker.generate(prompts, [read_settings(given, NAME) for given in kwargs])

        def apply_chat_template(self, chat_history: Any, add_generation_prompt: bool = True) -> str:
            return self._chat(chat_history, add_generation_prompt=add_generation_prompt)

    return OntogenyLM
