"""Routing against a case worked out by hand, and experts against one loop over tokens."""

import math

import pytest
import torch

from components.model.experts import Experts, MixtureOfExperts, balance_loss, find_room, route, router_z_loss
from components.model.families import OntogenyDecoderConfig
from components.model.feed_forward import activate
from tests.shapes import draw_ids, make_model

# Four tokens, two experts: odds 3:1, 3:1, 3:1 and 1:3.
LOGITS = torch.tensor([[3.0, 1.0], [3.0, 1.0], [3.0, 1.0], [1.0, 3.0]]).log()


def test_switch_keeps_the_probability_of_its_one_choice() -> None:
    routing = route(LOGITS, 1, None)
    assert routing.experts_Nk.flatten().tolist() == [0, 0, 0, 1]
    assert routing.weights_Nk.flatten().tolist() == pytest.approx([0.75] * 4)


def test_top_two_share_a_weight_of_one() -> None:
    logits = torch.tensor([[4.0, 2.0, 2.0]]).log()
    routing = route(logits, 2, None)
    assert routing.weights_Nk.sum() == pytest.approx(1.0)
    assert routing.weights_Nk[0, 0] == pytest.approx(2 / 3)


def test_the_balance_loss_is_that_of_the_hand_worked_case() -> None:
    probabilities = LOGITS.softmax(-1)
    # Shares 3/4 and 1/4; mean probabilities (3 * 0.75 + 0.25) / 4 = 0.625 and 0.375; times two experts.
    assert balance_loss(probabilities, torch.tensor([0, 0, 0, 1])) == pytest.approx(2 * (0.75 * 0.625 + 0.25 * 0.375))
    assert balance_loss(torch.full((4, 2), 0.5), torch.tensor([0, 1, 0, 1])) == pytest.approx(1.0)


def test_the_z_loss_is_the_mean_squared_log_sum() -> None:
    assert router_z_loss(LOGITS) == pytest.approx(math.log(4.0) ** 2)


def test_an_expert_takes_its_first_tokens_and_first_choices_before_second() -> None:
    assert find_room(torch.tensor([[0], [0], [0], [1]]), 2, 2).flatten().tolist() == [True, True, False, True]
    # Expert 0: tokens 0 and 1 by first choice fill it, so the second choice of token 2 finds no room.
    assert find_room(torch.tensor([[0, 1], [0, 1], [1, 0]]), 2, 2).int().tolist() == [[1, 1], [1, 0], [1, 0]]


def test_a_dropped_choice_weighs_nothing_in_training_and_none_is_dropped_later() -> None:
    assert route(LOGITS, 1, 2).weights_Nk.flatten().tolist() == pytest.approx([0.75, 0.75, 0.0, 0.75])
    torch.manual_seed(0)
    model = make_model(feed_forward={"kind": "switch", "width": 48, "capacity_factor": 0.3})
    layer = model.model.stack.layers[0].feed_forward
    x = torch.randn(1, 40, 32)
    dropped = (layer.train()(x)[0] == 0).all(-1).sum()
    assert dropped >= 40 - 4 * math.ceil(0.3 * 40 / 4)
    assert not (layer.eval()(x)[0] == 0).all(-1).any()


@pytest.mark.parametrize("kind", ["switch", "top2"])
def test_experts_equal_a_loop_over_tokens(kind: str) -> None:
    torch.manual_seed(0)
    config = OntogenyDecoderConfig(hidden_size=16, intermediate_size=24, feed_forward_kind=kind, num_experts=3)
    layer = MixtureOfExperts(config).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(1, 10, 16, dtype=torch.float64)
    found, _ = layer(x)
    experts: Experts = layer.experts
    for n, token in enumerate(x[0]):
        weights, chosen = (token.float() @ layer.router.weight.float().t()).softmax(-1).topk(layer.choices)
        if kind == "top2":
            weights = weights / weights.sum()
        wanted = sum(
            w.double() * (experts.down[e] @ activate(experts.up[e] @ token, config.activation))
            for w, e in zip(weights, chosen, strict=True)
        )
        torch.testing.assert_close(found[0, n], wanted, atol=1e-4, rtol=1e-4)  # the router is in float32


def test_router_losses_count_in_training_and_not_in_evaluation() -> None:
    model = make_model(feed_forward={"kind": "top2", "width": 48, "balance_coefficient": 1.0})
    ids = draw_ids(2, 12)
    plain = model.eval()(input_ids=ids, labels=ids).loss
    trained = model.train()(input_ids=ids, labels=ids).loss
    assert trained > plain + 1.5  # two layers whose balance losses are about one each
    summed = model(input_ids=ids, labels=ids, num_items_in_batch=1).loss
    assert float(summed.detach()) == pytest.approx(float(trained.detach()) * 22, rel=1e-5)
