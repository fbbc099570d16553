"""Pairs from the sft model itself: several answers to each plain instruction, labelled by the checker."""

from random import Random

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.config import SharedConfig
from components.base.metrics import Metrics
from components.base.rng import derive_seed
from components.generation.ends import read_end_ids
from components.generation.engine import Completion, generate
from components.generation.sampling import SamplingParams
from components.problems.checker import is_correct, is_worked
from components.problems.generator import generate_problems
from components.problems.instructions import phrase_instruction
from components.reward.config import SampledPairs
from components.reward.pairs import Pair, Sample, pair_samples
from components.text.chat import render_chat
from components.text.tokenizer import decode_answer


def sample_pairs(
    data: SampledPairs, shared: SharedConfig, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> tuple[list[Pair], Metrics]:
    """Sample, label and pair; also how often the samples are right and worked."""
    rng = Random(derive_seed(shared.seed, "preference"))
    problems = generate_problems(shared, "preference", data.prompts)
    texts = [phrase_instruction(problem.question, "plain", rng) for problem in problems]
    prompts = [render_chat(tokenizer, [{"role": "user", "content": text}]) for text in texts]
    completions = generate(
        model,
        [ids for ids in prompts for _ in range(data.samples_per_prompt)],
        _draw_sampling(data, rng),
        end_token_ids=read_end_ids(model),
        what="sample answers",
    )
    pairs: list[Pair] = []
    samples: list[Sample] = []
    for index, (text, ids, problem) in enumerate(zip(texts, prompts, problems, strict=True)):
        start = index * data.samples_per_prompt
        answers = completions[start : start + data.samples_per_prompt]
        labelled = [label_sample(answer, str(problem.answer), tokenizer) for answer in answers]
        pairs += pair_samples(text, ids, labelled, data.max_pairs_per_prompt, rng)
        samples += labelled
    return pairs, _describe(samples)


def label_sample(completion: Completion, gold: str, tokenizer: PreTrainedTokenizerFast) -> Sample:
    """An answer with the two facts that decide whether it is preferred: is it right, and did it come to its end."""
    text = decode_answer(tokenizer, completion.token_ids)
    return Sample(completion.whole_ids, text, is_correct(text, gold), completion.finish_reason == "stop")


def _draw_sampling(data: SampledPairs, rng: Random) -> list[SamplingParams]:
    return [
        SamplingParams(data.max_new_tokens, data.temperature, data.top_p, seed=rng.getrandbits(62))
        for _ in range(data.prompts * data.samples_per_prompt)
    ]


def _describe(samples: list[Sample]) -> Metrics:
    worked = [is_worked(sample.text) for sample in samples]
    return {
        "sampled_answers": len(samples),
        "sampled_correct_share": round(sum(sample.correct for sample in samples) / len(samples), 4),
        "sampled_preferred_share": round(sum(sample.is_preferred for sample in samples) / len(samples), 4),
        "sampled_worked_share": round(sum(worked) / len(samples), 4),
    }
