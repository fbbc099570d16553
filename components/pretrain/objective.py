"""What the model is asked of each text: a source that it is given, and a target that it must predict.

Shapes: B sequences, T positions.
"""

from collections.abc import Sequence
from typing import NamedTuple, assert_never

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from components.model.masks import IGNORED
from components.pretrain.config import DenoiserConfig, ObjectiveConfig
from components.pretrain.corruption import Ids, corrupt, draw_noise, fit_length
from components.shards.borders import count_positions
from components.text.sentinels import Sentinels

TRAINING, MEASURING = 1, 2
"""Domains of random numbers, so that no validation text is hidden the way a training text was."""


class Example(NamedTuple):
    """What is given, and what is asked."""

    source: Ids
    target: Ids


class Objective:
    """One objective for one kind of model; what it draws depends on (seed, domain, step, sample) only."""

    def __init__(
        self,
        cfg: ObjectiveConfig,
        sentinels: Sentinels,
        *,
        pad_token_id: int,
        encoder_decoder: bool,
        seed: int,
        end_id: int | None = None,
    ) -> None:
        """`end_id` is what ends a document, where those of a row are not to see each other."""
        self.cfg, self.sentinels, self.pad_token_id, self.encoder_decoder, self.seed = (
            cfg,
            sentinels,
            pad_token_id,
            encoder_decoder,
            seed,
        )
        self.end_id = end_id if self.asks_everything and not encoder_decoder else None

    @property
    def asks_everything(self) -> bool:
        """Whether every token of every text is a target."""
        return self.cfg.kind == "language_modeling"

    def make_batch(self, rows: npt.NDArray[np.int64], keys: Sequence[tuple[int, int, int]]) -> dict[str, Tensor]:
        """A model's inputs and targets from texts [B, T + 1] and each text's own key of random numbers."""
        examples = [
            self._make_example(row, np.random.default_rng([self.seed, *key]))
            for row, key in zip(rows, keys, strict=True)
        ]
        if self.encoder_decoder:
            return collate_encoder_decoder(examples, self.pad_token_id)
        batch = collate_rows(examples, self.pad_token_id)
        if self.end_id is not None:
            batch["position_ids"] = torch.from_numpy(count_positions(batch["input_ids"].numpy(), self.end_id))
        return batch

    def _make_example(self, row: Ids, rng: np.random.Generator) -> Example:
        cfg = self.cfg
        match cfg.kind:
            case "language_modeling":
                return Example(row[:1], row[1:])
            case "prefix_lm":
                cut = int(rng.integers(1, len(row)))
                return Example(row[:cut], row[cut:])
            case "span_corruption":
                return self._hide_spans(row, cfg.corruption, cfg.mean_span, [], rng)
            case "mixture_of_denoisers":
                return self._denoise(row, cfg.denoisers[int(rng.integers(len(cfg.denoisers)))], rng)
            case _:
                assert_never(cfg.kind)

    def _denoise(self, row: Ids, denoiser: DenoiserConfig, rng: np.random.Generator) -> Example:
        mode = [self.sentinels.modes[denoiser.mode]]
        if denoiser.mean_span is not None:
            return self._hide_spans(row, denoiser.corruption, denoiser.mean_span, mode, rng)
        # The share that is hidden is uniform around its mean, as a prefix of random length is.
        widest = min(2 * denoiser.corruption, 1.0) * (len(row) - 2)
        hidden = 1 + int(rng.random() * widest)
        text = row[: len(row) - 1]
        return Example(np.concatenate([mode, text[:-hidden]]), text[-hidden:])

    def _hide_spans(
        self, row: Ids, corruption: float, mean_span: float, mode: list[int], rng: np.random.Generator
    ) -> Example:
        length = fit_length(len(row) - len(mode), corruption, mean_span)
        noise = draw_noise(length, corruption, mean_span, rng)
        inputs, targets = corrupt(row[:length], noise, self.sentinels.spans)
        return Example(np.concatenate([np.array(mode, dtype=np.int64), inputs]), targets)


def collate_rows(examples: Sequence[Example], pad_token_id: int) -> dict[str, Tensor]:
    """For a decoder: source and target behind one another, loss on the target only. Inputs and targets [B, T]."""
    whole = [torch.from_numpy(np.concatenate(example)) for example in examples]
    ids = pad_sequence(whole, batch_first=True, padding_value=pad_token_id)
    targets = ids[:, 1:].clone()
    for row, example in enumerate(examples):
        targets[row, : len(example.source) - 1] = IGNORED
        targets[row, len(example.source) + len(example.target) - 1 :] = IGNORED
    return {"input_ids": ids[:, :-1], "shift_labels": targets}


def collate_encoder_decoder(examples: Sequence[Example], pad_token_id: int) -> dict[str, Tensor]:
    """For an encoder and a decoder: sources [B, S] with their mask, targets [B, T]."""
    sources = [torch.from_numpy(example.source) for example in examples]
    lengths = torch.tensor([len(source) for source in sources])
    ids = pad_sequence(sources, batch_first=True, padding_value=pad_token_id)
    return {
        "input_ids": ids,
        "attention_mask": (torch.arange(ids.shape[1]) < lengths[:, None]).long(),
        "labels": pad_sequence(
            [torch.from_numpy(example.target) for example in examples], batch_first=True, padding_value=IGNORED
        ),
    }


def find_targets(batch: dict[str, Tensor]) -> Tensor:
    """The targets of a batch, whichever kind of model it is for."""
    return split_targets(batch)[1]


def split_targets(batch: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
    """A batch as the model's inputs and the targets that its logits are held against."""
    inputs = dict(batch)
    return inputs, inputs.pop("labels" if "labels" in batch else "shift_labels")
