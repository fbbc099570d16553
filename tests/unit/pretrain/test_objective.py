"""What each objective gives and asks, in both forms, and that it depends on nothing but its key."""

from typing import Any

import numpy as np
import pytest
import torch

from components.model.masks import IGNORED
from components.pretrain.config import DenoiserConfig, ObjectiveConfig
from components.pretrain.corruption import restore
from components.pretrain.objective import TRAINING, Objective, find_targets
from components.shards.borders import count_positions
from components.text.sentinels import Sentinels

SENTINELS = Sentinels(tuple(range(900, 960)), {"R": 990, "S": 991, "X": 992})
PAD = 999
ROWS = np.arange(4 * 65).reshape(4, 65)
KEYS = [(TRAINING, 3, i) for i in range(4)]


def make_objective(kind: str, *, encoder_decoder: bool = False, seed: int = 7, **more: Any) -> Objective:
    cfg = ObjectiveConfig.model_validate({"kind": kind, **more})
    return Objective(cfg, SENTINELS, pad_token_id=PAD, encoder_decoder=encoder_decoder, seed=seed)


def split_row(ids: torch.Tensor, targets: torch.Tensor) -> tuple[list[int], list[int]]:
    """Source and target of one decoder row."""
    asked = [t for t in targets.tolist() if t != IGNORED]
    given = int((targets != IGNORED).nonzero()[0]) + 1
    return ids[:given].tolist(), asked


def test_language_modeling_asks_for_every_next_token() -> None:
    batch = make_objective("language_modeling").make_batch(ROWS, KEYS)
    assert batch["input_ids"].tolist() == ROWS[:, :-1].tolist()
    assert batch["shift_labels"].tolist() == ROWS[:, 1:].tolist()


def test_a_random_prefix_is_given_and_only_the_rest_is_asked() -> None:
    batch = make_objective("prefix_lm").make_batch(ROWS, KEYS)
    lengths = set()
    for row, ids, targets in zip(ROWS, batch["input_ids"], batch["shift_labels"], strict=True):
        source, target = split_row(ids, targets)
        assert source + target == row.tolist()
        lengths.add(len(source))
    assert len(lengths) > 1


@pytest.mark.parametrize("encoder_decoder", [False, True])
@pytest.mark.parametrize("kind", ["span_corruption", "mixture_of_denoisers"])
def test_denoising_gives_a_text_with_holes_and_asks_what_they_held(kind: str, encoder_decoder: bool) -> None:
    for step in range(8):
        batch = make_objective(kind, encoder_decoder=encoder_decoder).make_batch(
            ROWS, [(TRAINING, step, i) for i in range(4)]
        )
        for i, row in enumerate(ROWS):
            if encoder_decoder:
                source = batch["input_ids"][i][batch["attention_mask"][i].bool()].tolist()
                target = [t for t in batch["labels"][i].tolist() if t != IGNORED]
            else:
                source, target = split_row(batch["input_ids"][i], batch["shift_labels"][i])
            if kind == "mixture_of_denoisers":
                mode, *source = source
                assert mode in SENTINELS.modes.values()
                if mode == SENTINELS.modes["S"]:
                    assert source + target == row[: len(source) + len(target)].tolist()
                    continue
            assert len(source) + len(target) <= len(row)
            found = restore(np.array(source), np.array(target), SENTINELS.spans)
            assert found.tolist() == row[: len(found)].tolist()


def test_all_denoisers_are_drawn_and_each_says_its_mode() -> None:
    batch = make_objective("mixture_of_denoisers").make_batch(np.repeat(ROWS[:1], 300, 0), [(TRAINING, 0, i) for i in range(300)])  # fmt: skip  # noqa: E501
    modes = batch["input_ids"][:, 0].tolist()
    assert {m: round(7 * modes.count(m) / 300) for m in set(modes)} == {990: 2, 991: 1, 992: 4}


def test_the_same_key_asks_the_same_and_another_something_else() -> None:
    def ask(seed: int, step: int) -> list[Any]:
        objective = make_objective("span_corruption", seed=seed)
        return objective.make_batch(ROWS, [(TRAINING, step, i) for i in range(4)])["input_ids"].tolist()

    assert ask(1, 1) == ask(1, 1)
    assert ask(1, 1) != ask(1, 2)
    assert ask(1, 1) != ask(2, 1)


def test_a_part_of_a_batch_asks_what_the_whole_does() -> None:
    objective = make_objective("span_corruption")
    whole = objective.make_batch(ROWS, KEYS)
    part = objective.make_batch(ROWS[2:], KEYS[2:])
    assert torch.equal(find_targets(whole)[2:], find_targets(part))


def test_padding_is_never_asked_for() -> None:
    long = DenoiserConfig(mode="X", mean_span=64.0, corruption=0.5)
    short = DenoiserConfig(mode="R", mean_span=1.0, corruption=0.15)
    objective = make_objective("mixture_of_denoisers", denoisers=[long.model_dump(), short.model_dump()])
    batch = objective.make_batch(ROWS, KEYS)
    assert PAD not in find_targets(batch).tolist()


def test_documents_that_are_kept_apart_have_positions_of_their_own() -> None:
    cfg = ObjectiveConfig(kind="language_modeling")
    end = int(ROWS[0, 3])
    objective = Objective(cfg, SENTINELS, pad_token_id=PAD, encoder_decoder=False, seed=1, end_id=end)
    batch = objective.make_batch(ROWS, KEYS)
    assert batch["position_ids"].tolist() == count_positions(batch["input_ids"].numpy(), end).tolist()
    assert batch["position_ids"][0, 4] == 0
    assert "position_ids" not in make_objective("language_modeling").make_batch(ROWS, KEYS)


@pytest.mark.parametrize("kind", ["prefix_lm", "span_corruption"])
def test_only_language_modeling_keeps_documents_apart(kind: str) -> None:
    cfg = ObjectiveConfig.model_validate({"kind": kind})
    objective = Objective(cfg, SENTINELS, pad_token_id=PAD, encoder_decoder=False, seed=1, end_id=int(ROWS[0, 3]))
    assert "position_ids" not in objective.make_batch(ROWS, KEYS)
