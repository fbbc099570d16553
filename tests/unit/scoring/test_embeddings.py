"""Vectors of texts: means of hidden states, whoever shares the batch."""

import numpy as np
import pytest
import torch

from components.model.int8 import quantize_model
from components.scoring.embeddings import embed_texts
from tests.shapes import make_model

TEXTS = [[5, 6, 7, 8, 9], [3], [], [20, 21, 22]]


@pytest.mark.parametrize("architecture", ["causal_decoder", "encoder_decoder"])
def test_a_text_has_the_mean_of_its_states_and_none_of_its_neighbours(architecture: str) -> None:
    model = make_model(architecture=architecture)
    together = embed_texts(model, TEXTS)
    assert together.shape == (4, 32)
    assert not together[2].any()
    for row in (0, 1, 3):
        assert embed_texts(model, [TEXTS[row]])[0] == pytest.approx(together[row], abs=1e-5)


def test_the_states_of_a_decoder_are_those_that_its_head_reads() -> None:
    model = make_model()
    [vector] = embed_texts(model, [TEXTS[0]])
    with torch.no_grad():
        states = model.model(input_ids=torch.tensor([TEXTS[0]])).last_hidden_state[0]
    assert vector == pytest.approx(states.double().mean(dim=0).numpy(), abs=1e-6)
    rounded = embed_texts(quantize_model(model, embeddings=True), [TEXTS[0]])[0]
    assert np.corrcoef(rounded, vector)[0, 1] > 0.99
