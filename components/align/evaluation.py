"""How good the policy is, on prompts and pairs that it never trains on.

Shapes: B responses, A actions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from components.align.models import PolicyModels
from components.align.pairs import measure_pair_accuracy
from components.align.prompts import Prompt
from components.align.rewards import RewardSource
from components.align.rollout import Rollout, sample_rollout
from components.datasets.preferences import Pair
from components.generation.answers import read_answers
from components.generation.completion import Completion
from components.shards.order import slice_for_rank
from components.tasks.score import has_cot, is_correct


@dataclass(frozen=True)
class PolicyEvaluator:
    """The held-out part of a run; each of its figures is a collective."""

    models: PolicyModels
    reward: RewardSource
    prompts: Sequence[Prompt]
    """This worker's part."""
    pairs: Sequence[Pair]
    """All of them."""
    max_new_tokens: int
    seed: int
    tasks: Sequence[str] = ()
    """Of all workers' prompts, in one order for all: their figures are told apart where there are several."""

    def evaluate(self, *, by_task: bool = False) -> dict[str, float]:
        """Greedy ground truth, sampled reward and KL; what is unknown is left out."""
        self.models.refresh_rollout_policy()
        found = {**self.evaluate_greedy(by_task=by_task), **self._evaluate_sampled()}
        return {name: value for name, value in found.items() if value is not None}

    def evaluate_after(self) -> dict[str, float]:
        """The same of the finished policy, and how it ranks the held-out pairs."""
        after = {f"{name}_after": value for name, value in self.evaluate(by_task=True).items()}
        return {**after, "heldout_pair_accuracy": measure_pair_accuracy(self.models, self.pairs)}

    def evaluate_greedy(self, *, by_task: bool = False) -> dict[str, float | None]:
        """Ground truth, which the training never sees: exact match and share with a chain of thought.

        `exact_match` is None where the prompts come without answers; with `by_task` it is also told of each task.
        """
        rollout = self._sample(temperature=0.0, seed=0)
        total_of = self.models.mesh.sum_numbers
        scored = score_completions(rollout.completions, self.prompts, self.models.tokenizer)
        correct, cot = (total_of(found) for found in scored)
        known = [p.answer is not None for p in self.prompts]
        answers, total = total_of([float(k) for k in known]), total_of([1.0] * len(self.prompts))
        found = {"exact_match": correct / answers if answers else None, "worked_share": cot / total}
        for task in self.tasks if by_task and len(self.tasks) > 1 else ():
            own = [right for right, prompt in zip(scored[0], self.prompts, strict=True) if prompt.task == task]
            asked = total_of([1.0] * len(own))
            found[name_of_task(task)] = total_of(own) / asked if asked else None
        return found

    def _evaluate_sampled(self) -> dict[str, float]:
        """Mean reward, and KL to the sft model in nats a response: the mean of ln pi - ln pi_ref over samples."""
        rollout = self._sample(temperature=1.0, seed=self.seed)
        texts = rollout.texts
        ratios_BA = self.models.policy_logprobs(texts) - self.models.reference_logprobs(texts)
        kl_B = (ratios_BA * texts.chosen_BA).sum(1)
        total_of = self.models.mesh.sum_numbers
        total = total_of([1.0] * len(self.prompts))
        return {
            "reward": total_of(self.reward.score(rollout, self.prompts).tolist()) / total,
            "kl": total_of(kl_B.tolist()) / total,
        }

    def _sample(self, *, temperature: float, seed: int) -> Rollout:
        first = self.models.mesh.data_rank * len(self.prompts)  # a prompt's place among those of all workers
        return sample_rollout(
            self.models,
            self.prompts,
            seeds=[seed + first + i for i in range(len(self.prompts))],
            max_new_tokens=self.max_new_tokens,
            temperature=temperature,
        )


def name_of_task(task: str) -> str:
    """How one task's exact match is called among the figures of a policy."""
    return f"exact_match.{task}"


def share_prompts(prompts: Sequence[Prompt], models: PolicyModels) -> Sequence[Prompt]:
    """This worker's part; all workers have equally many, so that a few of the last may be nobody's."""
    rank, world = models.mesh.data_rank, models.mesh.data_world
    equally = len(prompts) // world * world
    return prompts[:equally][slice_for_rank(equally, rank, world)]


def score_completions(
    completions: Sequence[Completion], prompts: Sequence[Prompt], tokenizer: PreTrainedTokenizerFast
) -> tuple[list[float], list[float]]:
    """For each response, whether it is correct (0 where no answer is known) and whether it has a chain of thought."""
    texts = [answer.text for answer in read_answers(tokenizer, completions)]
    correct = [
        float(prompt.answer is not None and is_correct(text, prompt.answer, prompt.judge))
        for text, prompt in zip(texts, prompts, strict=True)
    ]
    return correct, [float(has_cot(text)) for text in texts]
