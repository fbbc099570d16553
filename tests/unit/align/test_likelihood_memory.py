"""What likelihoods of responses take: nothing that grows with texts times vocabulary, or with the model's context."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.align.likelihood import ResponseLikelihood
from components.align.texts import Texts
from tests.allocations import LargestTensor

VOCABULARY, WIDTH, CHUNK = 1000, 8, 128


def make_texts(rows: int) -> Texts:
    ids = torch.randint(5, 300, (rows, 30), generator=torch.Generator().manual_seed(0))
    mask = torch.ones(rows, 20)
    return Texts(ids, torch.full((rows,), 10), mask, mask)


def measure(rows: int, *, context: int = 64) -> int:
    """Entries of the largest tensor in a forward and a backward pass."""
    shape = {"hidden_size": WIDTH, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1}
    config = LlamaConfig(vocab_size=VOCABULARY, num_key_value_heads=1, max_position_embeddings=context, **shape)
    network, texts = ResponseLikelihood(LlamaForCausalLM(config)), make_texts(rows)
    with torch.no_grad():
        network(texts.ids_BT, texts.places_BA, texts.targets_BA, None)  # the first time it tries the head
    with LargestTensor() as largest:
        found = network(texts.ids_BT, texts.places_BA, texts.targets_BA, None)
        found.logprobs_BA.sum().backward()
    entries: int = largest.entries
    return entries


def test_logits_of_a_few_positions_exist_at_a_time_forwards_and_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.scoring.logprobs.CHUNK_ENTRIES", CHUNK * VOCABULARY)
    few, many = measure(8), measure(100)
    assert few == many == CHUNK * VOCABULARY
    assert many < 100 * 20 * VOCABULARY / 10


def test_a_longer_context_of_the_model_takes_nothing_more() -> None:
    assert measure(2, context=64) == measure(2, context=65536)
