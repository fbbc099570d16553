"""How good the policy is, on prompts it never trains on.

Shapes: B responses, A actions.
"""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerFast

from components.align.actors import Actors
from components.align.prompts import Prompt
from components.align.rollout import Rollout, sample_rollout
from components.generation.answers import read_answers
from components.generation.completion import Completion
from components.generation.ends import read_end_ids
from components.tasks.score import has_cot, is_correct


def measure_greedy(
    actors: Actors, prompts: Sequence[Prompt], max_new_tokens: int, tokenizer: PreTrainedTokenizerFast
) -> dict[str, float | None]:
    """Ground truth, which the training never sees: exact match and share with a chain of thought, greedily decoded.

    `exact_match` is None where the prompts come without answers.
    """
    rollout = _sample(actors, prompts, max_new_tokens, temperature=0.0, seed=0)
    total_of = actors.mesh.sum_numbers
    correct, cot = (total_of(found) for found in score_completions(rollout.completions, prompts, tokenizer))
    known = [p.answer is not None for p in prompts]
    answers, total = total_of([float(k) for k in known]), total_of([1.0] * len(prompts))
    return {"exact_match": correct / answers if answers else None, "worked_share": cot / total}


def measure_sampled(actors: Actors, prompts: Sequence[Prompt], max_new_tokens: int, seed: int) -> dict[str, float]:
    """Mean reward, and KL to the sft model in nats a response: the mean of ln pi - ln pi_ref over samples."""
    rollout = _sample(actors, prompts, max_new_tokens, temperature=1.0, seed=seed)
    kl_B = (actors.policy_logprobs(rollout.texts) - actors.reference_logprobs(rollout.texts)).sum(1)
    total = actors.mesh.sum_numbers([1.0] * len(prompts))
    return {
        "reward": actors.mesh.sum_numbers(actors.scores(rollout.texts).tolist()) / total,
        "kl": actors.mesh.sum_numbers(kl_B.tolist()) / total,
    }


def score_completions(
    completions: Sequence[Completion], prompts: Sequence[Prompt], tokenizer: PreTrainedTokenizerFast
) -> tuple[list[float], list[float]]:
    """For each response, whether it is correct (0 where no answer is known) and whether it has a chain of thought."""
    texts = [answer.text for answer in read_answers(tokenizer, completions)]
    known = [prompt.answer for prompt in prompts]
    correct = [float(gold is not None and is_correct(text, gold)) for text, gold in zip(texts, known, strict=True)]
    return correct, [float(has_cot(text)) for text in texts]


def _sample(
    actors: Actors, prompts: Sequence[Prompt], max_new_tokens: int, *, temperature: float, seed: int
) -> Rollout:
    return sample_rollout(
        actors.replica,
        prompts,
        seeds=[seed + i for i in range(len(prompts))],
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        end_token_ids=read_end_ids(actors.replica),
        pad_token_id=actors.tokenizer.pad_token_id,
    )
