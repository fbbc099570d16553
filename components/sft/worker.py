"""What a training worker of this room does: every weight or an adapter, trained on packed rows."""

from datasets import Dataset
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.model.config import Dtype
from components.runtime.folder import load_folder
from components.runtime.outline import outline_folder
from components.runtime.sharded_save import save_sharded
from components.sft.config import FullSftConfig, LoraSftConfig, SftConfig
from components.training.adapters import add_adapter, collect_adapted, describe_adapter, save_adapted
from components.training.fine_tuning import FineTuningJob
from components.training.placement import place_model
from components.training.trl_door import open_samples, stack_rows, train_on_rows

PROBE_ROWS = 2


def train(job: FineTuningJob[SftConfig]) -> None:
    """Train on the packed rows; the first worker writes `out/model` (and `out/adapter`)."""
    rows = open_samples(job.inputs.samples)
    match job.cfg:
        case FullSftConfig():
            _train_all(job, rows)
        case LoraSftConfig():
            _train_adapter(job, job.cfg, rows)


def _train_all(job: FineTuningJob[SftConfig], rows: Dataset) -> None:
    # Our classes train faster than the library's on the same weights (see tests/bench/bench_training.py).
    outline, tokenizer = outline_folder(job.inputs.base, "float32", ours=True)
    model = outline.model
    mesh = place_model(model, job, job.cfg.training)
    outline.fill()
    trained = train_on_rows(job, job.cfg.training, model, tokenizer, rows, mesh)
    assert isinstance(trained, PreTrainedModel)
    save_sharded(trained, tokenizer, job.run.out / "model", mesh)
    mesh.wait_for_all()


def _train_adapter(job: FineTuningJob[SftConfig], cfg: LoraSftConfig, rows: Dataset) -> None:
    # A frozen base is as good in its own dtype, unless all is to be precise.
    dtype: Dtype = "own" if cfg.training.precision == "bf16" else "float32"
    outline, tokenizer = outline_folder(job.inputs.base, dtype, ours=False)
    network = _adapt(outline.model, cfg, job.seed)
    mesh = place_model(network, job, cfg.training)
    outline.fill()
    trained = train_on_rows(job, cfg.training, network, tokenizer, rows, mesh)
    assert isinstance(trained, PeftModel)
    whole = collect_adapted(trained, mesh, lambda: _adapt(load_folder(job.inputs.base, dtype)[0], cfg, job.seed))
    if whole is not None:
        _save(job, whole, tokenizer, rows)
    mesh.wait_for_all()


def _adapt(model: PreTrainedModel, cfg: LoraSftConfig, seed: int) -> PeftModel:
    described = describe_adapter(rank=cfg.rank, alpha=cfg.alpha, dropout=cfg.dropout, target_modules=cfg.target_modules)
    return add_adapter(model, described, seed)


def _save(job: FineTuningJob[SftConfig], whole: PeftModel, tokenizer: PreTrainedTokenizerFast, rows: Dataset) -> None:
    probe = stack_rows(list(rows.with_format("torch").take(PROBE_ROWS)))
    del probe["labels"]
    save_adapted("sft", whole, tokenizer, job.inputs.base, job.run.out, probe=probe)
