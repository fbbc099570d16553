"""The PPO loop that runs on every worker under Ray Train.

Shapes: B responses of this worker, A response tokens.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import torch
from torch import Tensor

from components.align.actors import Actors
from components.align.config import AdaptiveKl, FixedKl, PpoConfig
from components.align.measure import measure_greedy, measure_sampled, score_completions
from components.align.ppo import adapt_kl_coefficient, shape_rewards
from components.align.prompts import Prompt, PromptSet, load_prompts
from components.align.rollout import Rollout, sample_rollout
from components.align.update import build_batch, update
from components.base.errors import GateError, PipelineError
from components.base.files import write_json
from components.base.metrics import Curves
from components.base.rng import derive_seed
from components.generation.ends import read_end_ids
from components.model.capabilities import read_context
from components.parallel.fsdp import gather_state
from components.parallel.mesh import build_mesh
from components.runtime.checkpoint import Checkpointer
from components.runtime.divergence import require_finite_step
from components.runtime.folder import save_model
from components.runtime.job import TrainJob
from components.shards.order import slice_for_rank
from components.tasks.config import SharedConfig

MEASURED = "measured.json"


@dataclass(frozen=True)
class AlignInputs:
    """What alignment reads."""

    shared: SharedConfig
    sft: Path
    """Model folder of the policy."""
    reward: Path
    """Model folder of the reward model."""


AlignJob = TrainJob[PpoConfig, AlignInputs]


def train(job: AlignJob) -> None:
    """Align one model; every rank runs this."""
    cfg, inputs = job.cfg, job.inputs
    dtype = torch.bfloat16 if cfg.precision == "bf16" else None
    mesh = build_mesh(job.cluster.parallel)
    actors = Actors(inputs.sft, inputs.reward, mesh, value=cfg.value, param_dtype=dtype)
    checkpointer = Checkpointer(job.run.run_folder, job.cluster.checkpoint_every_s)
    prompts = load_prompts(cfg, inputs.shared, actors.tokenizer, context=read_context(actors.config))
    loop = PpoLoop(cfg, actors, prompts, checkpointer, job.seed)
    measured = loop.run(job.run.curves)
    state = gather_state(actors.policy)
    if mesh.is_first:
        plain = type(actors.replica)._from_config(actors.config)
        plain.load_state_dict(state)
        plain.generation_config = actors.replica.generation_config
        save_model(plain, actors.tokenizer, job.run.out / "model")
        write_json(job.run.out / MEASURED, {**measured, **prompts.counts})
    mesh.wait_for_all()


class PpoLoop:
    """Roll out, score, update; again from the last checkpoint if there is one."""

    def __init__(
        self, cfg: PpoConfig, actors: Actors, prompts: PromptSet, checkpointer: Checkpointer, seed: int
    ) -> None:
        self.cfg, self.actors, self.seed = cfg, actors, seed
        self.mesh = actors.mesh
        self.rank, self.world = self.mesh.data_rank, self.mesh.data_world
        _require_equal_shares(cfg, self.world)
        self.train_prompts = prompts.train
        shared_equally = len(prompts.held_out) // self.world * self.world
        self.held_out = prompts.held_out[:shared_equally][slice_for_rank(shared_equally, self.rank, self.world)]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(actors.policy.parameters()), "lr": cfg.update.learning_rate},
                {"params": list(actors.value.parameters()), "lr": cfg.value.learning_rate},
            ],
            weight_decay=0.0,
        )
        self.checkpointer = checkpointer
        self.state: dict[str, float] = {"kl_coefficient": cfg.kl.coefficient}

    def run(self, curves_path: Path) -> dict[str, Any]:
        """Run all iterations; returns the figures before and after."""
        iteration = self.checkpointer.restore(self.actors.trained, self.optimizer, self.state)
        curves = Curves(curves_path, iteration) if self.mesh.is_first else None
        if iteration == 0:
            self._measure_start()
        while iteration < self.cfg.iterations:
            iteration += 1
            started = time.perf_counter()
            figures = self._iterate(iteration)
            figures |= self._measure_if_due(iteration)
            figures["seconds"] = time.perf_counter() - started
            require_finite_step(figures, step=iteration, run_folder=self.checkpointer.run_folder)
            if curves:
                curves.log(iteration, figures)
            if iteration < self.cfg.iterations:
                self.checkpointer.save_if_due(iteration, self.actors.trained, self.optimizer, self.state)
        self.checkpointer.finish()
        return {**self.state, **{f"{name}_after": value for name, value in self._measure().items()}}

    def _measure_start(self) -> None:
        """Before the first step: the figures to compare with, and proof that both forward passes agree."""
        self.state |= {f"{name}_before": value for name, value in self._measure().items()}
        rollout = self._sample(0)
        gap_BA = self.actors.policy_logprobs(rollout.texts) - rollout.logprobs_BA
        # A NaN may get lost in a maximum over workers; infinity does not.
        gap = self.mesh.find_largest(gap_BA.abs().max().nan_to_num(nan=float("inf")))
        if not float(gap) <= self.cfg.max_logprob_gap:
            raise GateError(
                f"align: log-probabilities of rollout and trainer differ by up to {float(gap):.2g} nats before the "
                f"first update (max_logprob_gap allows {self.cfg.max_logprob_gap:g}): PPO's ratios would be wrong"
            )
        self.state["rollout_logprob_gap"] = float(gap)

    def _iterate(self, iteration: int) -> dict[str, float | None]:
        rollout = self._sample(iteration)
        texts, mask_BA = rollout.texts, rollout.texts.mask_BA
        logprobs_BA, values_BA = self.actors.judge_policy(texts)
        reference_BA = self.actors.reference_logprobs(texts)
        scores_B = self.actors.scores(texts)
        penalty_B = self.cfg.rollout.missing_eos_penalty * (~rollout.finished_B).float()
        coefficient = self.state["kl_coefficient"]
        batch = build_batch(
            self.cfg.update,
            texts,
            self.mesh,
            logprobs_BA=logprobs_BA,
            values_BA=values_BA,
            rewards_BA=shape_rewards(scores_B - penalty_B, logprobs_BA, reference_BA, mask_BA, coefficient),
        )
        updated = update(
            self.cfg.update,
            self.actors,
            self.optimizer,
            batch,
            seed=[self.seed, iteration],
            first=self.rank * len(texts.ids_BT),
        )
        kl_B = (logprobs_BA - reference_BA).sum(1)
        figures = self._describe(rollout, iteration, scores_B, kl_B)
        self._steer_kl(figures["kl"])
        return {**figures, **updated, "kl_coefficient": coefficient}

    def _describe(self, rollout: Rollout, iteration: int, scores_B: Tensor, kl_B: Tensor) -> dict[str, float]:
        """Means over the global batch; ground truth of the sampled responses is looked at, never trained on."""
        correct, cot = score_completions(rollout.completions, self._prompts(iteration), self.actors.tokenizer)
        columns = {
            "reward": scores_B.tolist(),
            "kl": kl_B.tolist(),
            "sampled_accuracy": correct,
            "worked_share": cot,
            "response_tokens": rollout.texts.mask_BA.sum(1).tolist(),
            "finished_share": rollout.finished_B.float().tolist(),
        }
        count = self.cfg.rollout.prompts_per_iteration
        return {name: self.mesh.sum_numbers(values) / count for name, values in columns.items()}

    def _steer_kl(self, kl: float) -> None:
        match self.cfg.kl:
            case FixedKl():
                pass
            case AdaptiveKl():
                self.state["kl_coefficient"] = adapt_kl_coefficient(
                    self.state["kl_coefficient"],
                    kl,
                    target=self.cfg.kl.target,
                    horizon=self.cfg.kl.horizon,
                    responses=self.cfg.rollout.prompts_per_iteration,
                )
            case _:
                assert_never(self.cfg.kl)

    def _measure_if_due(self, iteration: int) -> dict[str, float | None]:
        if iteration % self.cfg.measure.every_iterations:
            return {"exact_match": None}
        self.actors.refresh_replica()
        return {"exact_match": self._greedy()["exact_match"]}

    def _measure(self) -> dict[str, float]:
        """Greedy ground truth and sampled reward and KL on the held-out prompts; what is unknown is left out."""
        self.actors.refresh_replica()
        limit = self.cfg.rollout.max_new_tokens
        found = {**self._greedy(), **measure_sampled(self.actors, self.held_out, limit, self.seed)}
        return {name: value for name, value in found.items() if value is not None}

    def _greedy(self) -> dict[str, float | None]:
        return measure_greedy(
            self.actors, self.held_out, self.cfg.rollout.max_new_tokens, tokenizer=self.actors.tokenizer
        )

    def _sample(self, iteration: int) -> Rollout:
        first = iteration * self.cfg.rollout.prompts_per_iteration + self.rank * len(self._prompts(iteration))
        return sample_rollout(
            self.actors.refresh_replica(),
            self._prompts(iteration),
            seeds=[derive_seed(self.seed, "rollout", first + i) for i in range(len(self._prompts(iteration)))],
            max_new_tokens=self.cfg.rollout.max_new_tokens,
            temperature=1.0,
            end_token_ids=read_end_ids(self.actors.replica),
            pad_token_id=self.actors.tokenizer.pad_token_id,
        )

    def _prompts(self, iteration: int) -> list[Prompt]:
        """This worker's part of the iteration's prompts; the set is walked through cyclically."""
        count = self.cfg.rollout.prompts_per_iteration
        start = max(0, iteration - 1) * count
        everyone = [self.train_prompts[i % len(self.train_prompts)] for i in range(start, start + count)]
        return everyone[slice_for_rank(count, self.rank, self.world)]


def _require_equal_shares(cfg: PpoConfig, world: int) -> None:
    """FSDP gathers in every forward pass, so each worker must make equally many."""
    per_iteration, minibatches = cfg.rollout.prompts_per_iteration, cfg.update.minibatches
    if per_iteration % (world * minibatches) or cfg.measure.prompts % world:
        raise PipelineError(
            f"align: prompts_per_iteration {per_iteration} must be a multiple of minibatches x workers "
            f"({minibatches} x {world}), and measure.prompts {cfg.measure.prompts} of {world} workers"
        )
