"""Requests of questions to a model and its answers back, each asked once and kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from components.base.errors import DataError
from components.base.progress import progress_bar
from components.base.rng import derive_seed
from components.evaluate.harness.tokens import PairEncoder
from components.generation.answers import read_answers
from components.generation.pool import Pool
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.model.capabilities import is_encoder_decoder
from components.scoring.choices import Likelihood
from components.scoring.continuations import score_continuations
from components.scoring.store import AnswerStore
from components.scoring.windows import cut_windows
from components.tasks.harness.task import MAX_GEN_TOKENS

SHARE = 2048
"""Requests between two writes of the store."""
LENGTH_NAMES = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
"""Names for the bound on an answer's tokens; the first that is given counts."""
SETTINGS = {*LENGTH_NAMES, "until", "do_sample", "temperature", "top_p", "top_k"}


@dataclass(frozen=True)
class GenerationSettings:
    """How an answer is written."""

    sampling: SamplingParams
    until: tuple[str, ...]


def read_settings(kwargs: Mapping[str, Any], where: str, seed: int = 0) -> GenerationSettings:
    """A page's generation_kwargs. Raises DataError for one that means nothing here."""
    if unknown := set(kwargs) - SETTINGS:
        raise DataError(
            f"{where}: generation_kwargs: {', '.join(sorted(unknown))}: not one of {', '.join(sorted(SETTINGS))}"
        )
    until = kwargs.get("until") or []
    until = [until] if isinstance(until, str) else until
    limit = next((kwargs[name] for name in LENGTH_NAMES if kwargs.get(name) is not None), MAX_GEN_TOKENS)
    try:
        warm = float(kwargs.get("temperature", 0.0)) if kwargs.get("do_sample") is not False else 0.0
        if kwargs.get("do_sample") and "temperature" not in kwargs:
            warm = 1.0
        sampling = SamplingParams(int(limit), warm, float(kwargs.get("top_p", 1.0)), int(kwargs.get("top_k", 0)), seed)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: generation_kwargs: {error}") from None
    if not isinstance(until, list) or not all(isinstance(text, str) for text in until) or sampling.max_new_tokens < 1:
        raise DataError(f"{where}: generation_kwargs: until takes texts and {LENGTH_NAMES[0]} at least 1")
    return GenerationSettings(sampling, tuple(text for text in until if text))


class Asker:
    """Asks one model; what the store has is not asked again."""

    def __init__(self, pool: Pool, store: AnswerStore | None = None) -> None:
        self._pool, self._store = pool, store
        self.encoder = PairEncoder(pool.tokenizer, pool.context, encoder_decoder=is_encoder_decoder(pool.config))

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        """Log-likelihoods of continuations behind contexts."""
        return self.score_ids(self.encoder.encode_pairs(pairs))

    def score_ids(self, pairs: Sequence[tuple[list[int], list[int]]]) -> list[Likelihood]:
        """The same of token ids."""
        return [Likelihood(*found) for found in self._ask("log-likelihoods", pairs, self._score)]

    def score_rolling(self, texts: Sequence[str]) -> list[float]:
        """Log-likelihoods of whole texts, each behind what begins a text."""
        encoder = self.encoder
        windows = [cut_windows(ids, encoder.prefix_id, self._pool.context) for ids in encoder.encode(texts)]
        scores = iter(self._ask("log-likelihoods", [window for own in windows for window in own], self._score))
        return [sum(logprob for logprob, _ in islice(scores, len(own))) for own in windows]

    def generate(self, prompts: Sequence[str], settings: Sequence[GenerationSettings]) -> list[str]:
        """Answers, each before the first of its `until` texts."""
        encoder = self.encoder
        asked = [
            (encoder.cut_prompt(ids, wish.sampling.max_new_tokens), wish.sampling.__dict__, list(wish.until))
            for ids, wish in zip(encoder.encode(prompts), settings, strict=True)
        ]
        return self._ask("answers", asked, self._complete)

    def _score(self, asked: Sequence[Any], what: str) -> list[Any]:
        contexts, continuations = zip(*asked, strict=True)
        return [[*found] for found in self._pool.run(score_continuations, contexts, continuations)]

    def _complete(self, asked: Sequence[Any], what: str) -> list[Any]:
        requests = [GenerationRequest(ids, SamplingParams(**wish), stop=tuple(stop)) for ids, wish, stop in asked]
        answers = read_answers(self._pool.tokenizer, self._pool.complete(requests, what=what))
        return [cut_at(answer.text, stop) for answer, (_, _, stop) in zip(answers, asked, strict=True)]

    def _ask(self, what: str, asked: Sequence[Any], ask: Any) -> list[Any]:
        """Answers in order: those of the store, and those that are asked for now, share by share."""
        if self._store is None:
            return list(ask(asked, what)) if asked else []
        keys = [self._store.make_key([what, *question]) for question in asked]
        new = {key: question for key, question in zip(keys, asked, strict=True) if self._store.find(key) is None}
        # Neighbours share prefixes, and a share of them is scored together.
        order = sorted(new, key=lambda key: new[key][0])
        with progress_bar(len(order), what, "request") as bar:
            for share in _cut(order, SHARE):
                answers = ask([new[key] for key in share], what)
                self._store.add(zip(share, answers, strict=True))
                bar.update(len(share))
        return [self._store.find(key) for key in keys]


def cut_at(text: str, until: Sequence[str]) -> str:
    """A text before each of the texts that end it."""
    for stop in until:
        text = text.split(stop, maxsplit=1)[0]
    return text


def choose_seed(seed: int, task: str, doc_id: int, repeat: int) -> int:
    """Of one answer that is sampled, whoever shares its batch."""
    return derive_seed(seed, "harness", task, doc_id, repeat)


def _cut(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
