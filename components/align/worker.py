"""What every worker runs: build the networks of a method, train in the one step loop, measure and save."""

from functools import partial
from typing import assert_never

from components.align.config import AlignConfig, ModelReward, OfflineConfig, OfflineMethod, PpoConfig
from components.align.engines import PolicyEngines, open_engines
from components.align.evaluation import PolicyEvaluator, share_prompts
from components.align.job import AlignJob
from components.align.models import Fit, PolicyModels, PpoModels, load_rollout_policy, plan_fit
from components.align.offline import OfflineTrainee
from components.align.offline import count_steps as count_offline_steps
from components.align.online import PpoTrainee
from components.align.prompts import PromptSet, load_prompts
from components.align.rewards import build_source
from components.base.files import write_json
from components.datasets.preferences import PreferenceSet, read_preferences
from components.metrics.figures import Json
from components.model.capabilities import read_context
from components.parallel.mesh import Mesh, build_mesh
from components.text.tokenizer import hash_tokenizer, load_tokenizer
from components.training.loop import run_steps

EVALUATED = "evaluated.json"


def count_steps(cfg: AlignConfig, pairs: int) -> int:
    """Steps of the loop: iterations of PPO, batches of an offline method."""
    match cfg:
        case PpoConfig():
            return cfg.iterations
        case OfflineConfig():
            return count_offline_steps(cfg, pairs)
        case _:
            assert_never(cfg)


def train(job: AlignJob) -> None:
    """Align one model and let the first worker write `out/model` and `out/evaluated.json`."""
    mesh = build_mesh(job.cluster.parallel)
    cfg, sft = job.cfg, job.inputs.sft
    fit = plan_fit(cfg, job.cluster, job.seed)
    load = partial(load_rollout_policy, sft, fit)
    with open_engines(load, load_tokenizer(sft), mesh, job.inference) as engines:
        match cfg:
            case PpoConfig():
                measured = _train_online(job, cfg, fit, mesh, engines)
            case OfflineConfig():
                measured = _train_offline(job, cfg, fit, mesh, engines)
            case _:
                assert_never(cfg)
    if mesh.is_first:
        write_json(job.run.out / EVALUATED, measured)
    mesh.wait_for_all()


def _train_online(job: AlignJob, cfg: PpoConfig, fit: Fit, mesh: Mesh, engines: PolicyEngines | None) -> Json:
    inputs = job.inputs
    tool = inputs.shared.tool
    models = PpoModels(inputs.sft, inputs.reward, mesh, fit, value=cfg.value, engines=engines, tool=tool)
    source = build_source(cfg.reward, inputs.reward, models)
    wanted = cfg.iterations * cfg.rollout.prompts_per_iteration
    prompts, pairs = _read(job, models, limit=cfg.rollout.max_new_tokens, train=wanted)
    held_out = share_prompts(prompts.held_out, models)
    evaluator = PolicyEvaluator(
        models, source, held_out, pairs.heldout, cfg.rollout.max_new_tokens, job.seed, list_tasks(prompts)
    )
    return _run(job, PpoTrainee(cfg, models, prompts.train, evaluator, job.seed), prompts)


def _train_offline(job: AlignJob, cfg: OfflineMethod, fit: Fit, mesh: Mesh, engines: PolicyEngines | None) -> Json:
    inputs = job.inputs
    models = PolicyModels(inputs.sft, mesh, fit, engines, tool=inputs.shared.tool)
    reward = ModelReward(kind="model", min_accuracy=0.0)  # only measured by, never learned from
    source = build_source(reward, inputs.reward, models)
    prompts, pairs = _read(job, models, limit=cfg.max_new_tokens, train=1)
    held_out = share_prompts(prompts.held_out, models)
    evaluator = PolicyEvaluator(
        models, source, held_out, pairs.heldout, cfg.max_new_tokens, job.seed, list_tasks(prompts)
    )
    return _run(job, OfflineTrainee(cfg, models, pairs.train, evaluator, job.seed), prompts)


def list_tasks(prompts: PromptSet) -> list[str]:
    """The tasks of the held-out prompts, in the same order for every worker."""
    return sorted({prompt.task for prompt in prompts.held_out if prompt.task is not None})


def _run(job: AlignJob, trainee: PpoTrainee | OfflineTrainee, prompts: PromptSet) -> Json:
    models = trainee.models
    run_steps(job, trainee, models.mesh, log_every_steps=1, validate_every_steps=job.cfg.evaluation.every_iterations)
    measured = {**trainee.state, **trainee.evaluator.evaluate_after(), **prompts.counts}
    models.save_policy(job.run.out, prompts.held_out[0].ids)
    return measured


def _read(job: AlignJob, models: PolicyModels, *, limit: int, train: int) -> tuple[PromptSet, PreferenceSet]:
    """The prompts for answers of at most `limit` tokens, and the pairs."""
    cfg, inputs = job.cfg, job.inputs
    prompts = load_prompts(
        cfg.prompts,
        inputs.shared,
        models.tokenizer,
        train=train,
        held_out=cfg.evaluation.prompts,
        room=read_context(models.config) - limit,
    )
    return prompts, read_preferences(inputs.preferences, hash_tokenizer(models.tokenizer))
