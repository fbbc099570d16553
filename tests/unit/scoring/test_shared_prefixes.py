"""Texts that share tokens score as each does alone."""

from collections import Counter
from collections.abc import Callable

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from components.model.build import Vocabulary
from components.scoring.shared_prefixes import score_trees, takes_trees
from components.scoring.side_by_side import score_side_by_side
from components.scoring.token_trees import Family, Text, find_families, grow_trees
from tests.shapes import make_model

WORDS = 60


def make_llama() -> PreTrainedModel:
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=WORDS, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, initializer_range=0.3,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def draw_items(seed: int = 0) -> tuple[list[list[int]], list[list[int]]]:
    """Twelve items of four choices each behind 50 shared tokens, and six that share nothing."""
    rng = torch.Generator().manual_seed(seed)

    def draw(count: int) -> list[int]:
        return torch.randint(2, WORDS, (count,), generator=rng).tolist()

    shared = draw(50)
    contexts, continuations = [], []
    for item in range(18):
        context = [*shared, *draw(5 + item)] if item < 12 else draw(9 + item)
        begun = draw(2)
        for choice in range(4):
            contexts.append(context)
            continuations.append([*begun, *draw(1 + choice)] if choice else draw(1))
    return contexts, continuations


@pytest.mark.parametrize("make", [make_llama, lambda: make_model(Vocabulary(WORDS, 0, 1))])
def test_texts_behind_shared_prefixes_score_as_each_alone(make: Callable[[], PreTrainedModel]) -> None:
    model = make()
    contexts, continuations = draw_items()
    assert takes_trees(model)
    texts = [Text(*pair) for pair in zip(contexts, continuations, strict=True)]
    found, expected = score_trees(model, texts), score_side_by_side(model, texts)
    assert [s.logprob for s in found] == pytest.approx([s.logprob for s in expected], abs=1e-4)
    for context, continuation, score in zip(contexts, continuations, found, strict=True):
        logits = model(input_ids=torch.tensor([context + continuation])).logits[0, len(context) - 1 : -1]
        assert score.greedy == (logits.argmax(-1).tolist() == continuation)


def test_each_text_is_in_one_family_and_what_it_shares_is_the_same() -> None:
    texts = [Text(*pair) for pair in zip(*draw_items(), strict=True)]
    families = find_families(texts)
    assert Counter(place for family in families for place in family.places) == Counter(range(len(texts)))
    assert sorted(family.shared for family in families) == [0, 50]
    for family in families:
        assert len({tuple(texts[place].read[: family.shared]) for place in family.places}) == 1


def test_a_tree_holds_a_shared_token_once_and_each_text_along_its_path() -> None:
    texts = [Text([1, 2, 3], [4, 5]), Text([1, 2, 3], [4, 6, 7]), Text([1, 2, 3], [8])]
    [tree] = grow_trees(Family(1, (0, 1, 2)), texts, max_nodes=99, max_predicted=99)
    assert tree.tokens == [2, 3, 4, 6]
    assert tree.depths == [1, 2, 3, 4]
    assert tree.paths == {0: [1, 2], 1: [1, 2, 3], 2: [1]}
    branched = next(
        grow_trees(Family(0, (0, 1)), [Text([1, 2], [3, 9]), Text([1, 4], [5, 9])], max_nodes=9, max_predicted=9)
    )
    assert branched.see().tolist() == [
        [True, False, False, False, False],
        [True, True, False, False, False],
        [True, True, True, False, False],
        [True, False, False, True, False],
        [True, False, False, True, True],
    ]


def test_trees_stay_within_their_bounds() -> None:
    texts = [Text(*pair) for pair in zip(*draw_items(), strict=True)]
    for family in find_families(texts):
        trees = list(grow_trees(family, texts, max_nodes=60, max_predicted=12))
        assert all(len(tree.tokens) <= 60 for tree in trees)
        assert sorted(place for tree in trees for place in tree.paths) == sorted(family.places)
