"""PPO on every worker: roll out, score, update.

Shapes: B responses of this worker, A response tokens.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from components.align.config import PpoConfig
from components.align.evaluation import PolicyEvaluator, score_completions
from components.align.kl import shape_rewards, steer_coefficient
from components.align.models import PpoModels
from components.align.prompts import Prompt
from components.align.rollout import Rollout, sample_rollout
from components.align.update import build_batch, update
from components.base.errors import GateError, PipelineError
from components.base.rng import derive_seed
from components.optim.build import build_optimizer, set_learning_rates
from components.shards.order import slice_for_rank
from components.training.loop import Figures, Interval


class PpoTrainee:
    """What the step loop trains: a step is one iteration, from prompts to a policy that was updated."""

    def __init__(
        self, cfg: PpoConfig, models: PpoModels, prompts: list[Prompt], evaluator: PolicyEvaluator, seed: int
    ) -> None:
        self.cfg, self.models, self.evaluator, self.seed = cfg, models, evaluator, seed
        self.reward = evaluator.reward
        self.rank, self.world = models.mesh.data_rank, models.mesh.data_world
        _require_equal_shares(cfg, self.world)
        self.prompts = prompts
        self.model: nn.Module = models.trained
        # One optimiser with a rate for each: one backward pass gives both their gradients, one checkpoint holds both.
        self.optimizer = build_optimizer(
            self.model, cfg.optimization, own_rates={models.value: cfg.value.learning_rate}
        )
        self.state: dict[str, float] = {"kl_coefficient": cfg.kl.coefficient}
        self._figures: Figures = {}

    def begin(self, step: int) -> None:
        """Before the first step: the figures to compare with, and proof that both forward passes agree."""
        if step:
            return
        self.state |= {f"{name}_before": value for name, value in self.evaluator.evaluate(by_task=True).items()}
        rollout = self._sample(0)
        gap_BA = self.models.policy_logprobs(rollout.texts) - rollout.logprobs_BA
        # A NaN may get lost in a maximum over workers; infinity does not.
        gap = float(self.models.mesh.find_largest(gap_BA.abs().max().nan_to_num(nan=float("inf"))))
        if not gap <= self.cfg.max_logprob_gap:
            raise GateError(
                f"align: log-probabilities of rollout and trainer differ by up to {gap:.2g} nats before the "
                f"first update (max_logprob_gap allows {self.cfg.max_logprob_gap:g}): PPO's ratios would be wrong"
            )
        self.state["rollout_logprob_gap"] = gap

    def update(self, step: int) -> None:
        """One iteration."""
        set_learning_rates(self.optimizer, self.cfg.optimization, step, self.cfg.iterations)
        rollout = self._sample(step)
        texts, chosen_BA = rollout.texts, rollout.texts.chosen_BA
        logprobs_BA, values_BA = self.models.logprobs_and_values(texts)
        reference_BA = self.models.reference_logprobs(texts)
        scores_B = self.reward.score(rollout, self._prompts(step))
        penalty_B = self.cfg.rollout.missing_eos_penalty * (~rollout.finished_B).float()
        coefficient = self.state["kl_coefficient"]
        batch = build_batch(
            self.cfg.update,
            texts,
            self.models.mesh,
            logprobs_BA=logprobs_BA,
            values_BA=values_BA,
            rewards_BA=shape_rewards(scores_B - penalty_B, logprobs_BA, reference_BA, chosen_BA, coefficient),
        )
        updated = update(
            self.cfg.update,
            self.models,
            self.optimizer,
            batch,
            clip_norm=self.cfg.optimization.clip_norm,
            seed=[self.seed, step],
            first=self.rank * len(texts.ids_BT),
        )
        figures = self._describe(rollout, step, scores_B, ((logprobs_BA - reference_BA) * chosen_BA).sum(1))
        responses = self.cfg.rollout.prompts_per_iteration
        self.state["kl_coefficient"] = steer_coefficient(self.cfg.kl, coefficient, figures["kl"], responses)
        self._figures = {**figures, **updated, "kl_coefficient": coefficient}

    def read_figures(self, step: int, interval: Interval, *, validate: bool) -> Figures:
        """The iteration's figures, and greedy ground truth when it is due."""
        exact_match = None
        if validate:
            self.models.refresh_rollout_policy()
            exact_match = self.evaluator.evaluate_greedy()["exact_match"]
        return {**self._figures, "exact_match": exact_match, "seconds": interval.seconds}

    def _describe(self, rollout: Rollout, step: int, scores_B: Tensor, kl_B: Tensor) -> dict[str, float]:
        """Means over the global batch; ground truth of the sampled responses is looked at, never trained on."""
        correct, cot = score_completions(rollout.completions, self._prompts(step), self.models.tokenizer)
        columns = {
            "reward": scores_B.tolist(),
            "kl": kl_B.tolist(),
            "sampled_accuracy": correct,
            "worked_share": cot,
            "response_tokens": rollout.texts.mask_BA.sum(1).tolist(),
            "finished_share": rollout.finished_B.float().tolist(),
        }
        count = self.cfg.rollout.prompts_per_iteration
        return {name: self.models.mesh.sum_numbers(values) / count for name, values in columns.items()}

    def _sample(self, step: int) -> Rollout:
        prompts = self._prompts(step)
        first = step * self.cfg.rollout.prompts_per_iteration + self.rank * len(prompts)
        self.models.refresh_rollout_policy()
        return sample_rollout(
            self.models,
            prompts,
            seeds=[derive_seed(self.seed, "rollout", first + i) for i in range(len(prompts))],
            max_new_tokens=self.cfg.rollout.max_new_tokens,
            temperature=1.0,
        )

    def _prompts(self, step: int) -> list[Prompt]:
        count = self.cfg.rollout.prompts_per_iteration
        return draw_prompts(self.prompts, step, count, rank=self.rank, world=self.world)


def draw_prompts(prompts: Sequence[Prompt], step: int, count: int, *, rank: int, world: int) -> list[Prompt]:
    """A worker's part of an iteration's prompts; the set is walked through cyclically."""
    start = max(0, step - 1) * count
    everyone = [prompts[i % len(prompts)] for i in range(start, start + count)]
    return everyone[slice_for_rank(count, rank, world)]


def _require_equal_shares(cfg: PpoConfig, world: int) -> None:
    """FSDP gathers in every forward pass, so each worker must make equally many."""
    per_iteration, minibatches = cfg.rollout.prompts_per_iteration, cfg.update.minibatches
    if per_iteration % (world * minibatches) or cfg.evaluation.prompts % world:
        raise PipelineError(
            f"align: prompts_per_iteration {per_iteration} must be a multiple of minibatches x workers "
            f"({minibatches} x {world}), and evaluation.prompts {cfg.evaluation.prompts} of {world} workers"
        )
