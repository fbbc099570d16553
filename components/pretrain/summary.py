"""The figures of a pretrained model, beside the n-gram baseline on the same text."""

from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.curves import SPEED, read_median
from components.metrics.figures import merge
from components.metrics.training import PretrainMetrics
from components.model.build import count_parameters
from components.model.capabilities import is_encoder_decoder
from components.model.config import Dtype
from components.parallel.mesh import ALONE
from components.pretrain.config import ObjectiveConfig, PretrainConfig
from components.pretrain.continuation import measure_downstream
from components.pretrain.evaluation import measure_validation_loss
from components.pretrain.extrapolation import measure_extrapolation
from components.pretrain.ngram import NgramModel
from components.pretrain.objective import Objective
from components.pretrain.worker import count_steps, make_objective
from components.runtime.folder import load_folder
from components.scoring.perplexity import convert_to_bits
from components.shards.reader import ShardSet
from components.text.sentinels import find_sentinels


def summarise(cfg: PretrainConfig, tokens: Path, out: Path, seed: int, dtype: Dtype) -> PretrainMetrics:
    """Measure the saved model and the baseline on the whole validation split."""
    validation_set = ShardSet(tokens, "validation")
    model, tokenizer = load_folder(out / "model", dtype)
    encoder_decoder = is_encoder_decoder(model.config)
    objective = make_objective(cfg, tokenizer, seed, encoder_decoder=encoder_decoder)
    seq_len = cfg.training.seq_len
    loss = measure_validation_loss(model, validation_set, objective, ALONE, seq_len=seq_len, max_sequences=None)
    downstream = measure_downstream(
        model,
        cfg.objective,
        cfg.evaluation,
        find_sentinels(tokenizer),
        tokens=tokens,
        seq_len=seq_len,
        pad_token_id=tokenizer.pad_token_id,
    )
    steps = count_steps(cfg.training)
    return merge(
        PretrainMetrics(
            val_loss=loss,
            parameters=count_parameters(model),
            tokens_per_s=round(read_median(out / SPEED, "tokens_per_s")),
            trained_tokens=steps * cfg.training.global_batch_tokens,
            steps=steps,
        ),
        PretrainMetrics() if encoder_decoder else _measure_left_to_right(cfg, model, tokenizer, validation_set, loss),
        _measure_baseline(cfg, ShardSet(tokens, "train"), validation_set, model.config.vocab_size),
        downstream,
    )


def _measure_left_to_right(
    cfg: PretrainConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    validation_set: ShardSet,
    loss: float,
) -> PretrainMetrics:
    """Next-token loss of any decoder, whatever it was asked in training, and the same at longer texts."""
    if cfg.objective.kind != "language_modeling":
        left_to_right = Objective(
            ObjectiveConfig(kind="language_modeling"),
            find_sentinels(tokenizer),
            pad_token_id=tokenizer.pad_token_id,
            encoder_decoder=False,
            seed=0,
        )
        loss = measure_validation_loss(
            model, validation_set, left_to_right, ALONE, seq_len=cfg.training.seq_len, max_sequences=None
        )
    return PretrainMetrics(
        next_token_loss=loss,
        bits_per_byte=convert_to_bits(loss, validation_set.total_tokens, validation_set.total_bytes),
        lengths=measure_extrapolation(
            model,
            validation_set,
            seq_len=cfg.training.seq_len,
            factors=cfg.evaluation.length_factors,
            tokens=cfg.evaluation.length_tokens,
        ),
    )


def _measure_baseline(
    cfg: PretrainConfig, train_set: ShardSet, validation_set: ShardSet, vocab_size: int
) -> PretrainMetrics:
    order = cfg.evaluation.ngram_order
    if order is None:
        return PretrainMetrics()
    ngram = NgramModel(train_set.read(0, train_set.total_tokens), order, vocab_size)
    tokens, text_bytes = validation_set.total_tokens, validation_set.total_bytes
    loss = ngram.measure_loss(validation_set.read(0, tokens))
    return PretrainMetrics(ngram_val_loss=loss, ngram_bits_per_byte=convert_to_bits(loss, tokens, text_bytes))
