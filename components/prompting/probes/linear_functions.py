"""Can a small transformer learn to fit linear functions that it is shown only in its context?

Source: Garg et al. 2022 (arXiv 2208.01066). A prompt is points and values of one random function, x1 f(x1) x2 f(x2)
...; asked at each point, a trained model comes near least squares over the points before it. Points and weights are
standard normal, without noise, so that of least squares the expected squared error over the points' width d is 1 - k/d
behind k < d points, and 0 from there on. Shapes: B prompts, K points, D input width, C model width.
"""

import numpy as np
import torch
from torch import Tensor, nn

from components.model.build import Vocabulary, build_model
from components.model.config import ModelConfig
from components.optim.build import build_optimizer, set_learning_rates
from components.optim.config import OptimizationConfig
from components.prompting.probes.config import LinearFunctionsConfig
from components.retrieval.words import Floats

WIDTH_OF_HEAD = 16
CLIP_NORM = 1.0
TRIED = 2048
"""Prompts over which errors are averaged."""


class FunctionReader(nn.Module):
    """A causal decoder that reads numbers instead of tokens and says one number behind each point."""

    def __init__(self, task: LinearFunctionsConfig, seed: int) -> None:
        super().__init__()
        cfg = ModelConfig.model_validate(
            {
                "architecture": "causal_decoder",
                "num_layers": task.layers,
                "hidden_size": task.width,
                "num_heads": task.width // WIDTH_OF_HEAD,
                "num_kv_heads": task.width // WIDTH_OF_HEAD,
                "max_positions": 2 * task.points,
                "feed_forward": {"width": 4 * task.width},
                "position": {"kind": "learned"},
                "tie_embeddings": True,
                "init": {"std": 0.05},
            }
        )
        # The body of a language model; of its vocabulary nothing is used.
        self.body = build_model(cfg, Vocabulary(size=2, pad_token_id=0, eos_token_id=1), seed).model
        self.embed = nn.Linear(task.dimensions + 1, task.width)
        self.answer = nn.Linear(task.width, 1)

    def forward(self, x_BKD: Tensor, y_BK: Tensor) -> Tensor:
        """What it says at each point, having read those before with their values: [B, K]."""
        b, k, d = x_BKD.shape
        read = x_BKD.new_zeros(b, k, 2, d + 1)
        read[:, :, 0, :d] = x_BKD
        read[:, :, 1, d] = y_BK
        hidden_BTC = self.body(inputs_embeds=self.embed(read.flatten(1, 2)), use_cache=False).last_hidden_state
        said_BK: Tensor = self.answer(hidden_BTC[:, ::2]).squeeze(-1)
        return said_BK


def draw_functions(task: LinearFunctionsConfig, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Points [B, K, D] of so many functions, and their values [B, K]."""
    weights_BD1 = torch.randn(count, task.dimensions, 1, generator=generator)
    x_BKD = torch.randn(count, task.points, task.dimensions, generator=generator)
    return x_BKD, (x_BKD @ weights_BD1).squeeze(-1)


def train_reader(task: LinearFunctionsConfig, seed: int) -> FunctionReader:
    """A model that has seen `steps` batches of functions, none twice; the same to the bit for the same seed."""
    with torch.random.fork_rng(devices=()):
        reader = FunctionReader(task, seed)
    generator = torch.Generator().manual_seed(seed)
    cfg = OptimizationConfig.model_validate(
        {
            "learning_rate": task.learning_rate,
            "warmup_fraction": 0.05,
            "schedule": {"kind": "cosine", "final_lr_fraction": 0.0},
            "optimizer": {"kind": "muon"},
            "weight_decay": 0.0,
            "clip_norm": CLIP_NORM,
        }
    )
    optimizer = build_optimizer(reader, cfg)
    for step in range(1, task.steps + 1):
        x_BKD, y_BK = draw_functions(task, task.batch_size, generator)
        set_learning_rates(optimizer, cfg, step, task.steps)
        loss = ((reader(x_BKD, y_BK) - y_BK) ** 2).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), CLIP_NORM)
        optimizer.step()
        optimizer.zero_grad()
    return reader


@torch.no_grad()
def measure_errors(reader: nn.Module, task: LinearFunctionsConfig, seed: int) -> list[float]:
    """Mean squared error over the input width at each point, behind 0, 1, 2, ... others, on new functions."""
    x_BKD, y_BK = draw_functions(task, TRIED, torch.Generator().manual_seed(seed + 1))
    squares_BK = (reader(x_BKD, y_BK) - y_BK).double() ** 2
    return [float(error) for error in squares_BK.mean(dim=0) / task.dimensions]


def expect_errors(dimensions: int, points: int) -> list[float]:
    """Those of least squares (the shortest solution where there are many), in closed form."""
    return [max(0.0, 1.0 - known / dimensions) for known in range(points)]


def fit_least_squares(x_KD: Floats, y_K: Floats, asked_D: Floats) -> float:
    """The value at a point of the shortest linear function through those known."""
    weights_D = np.linalg.pinv(x_KD) @ y_K if len(x_KD) else np.zeros(len(asked_D))
    return float(weights_D @ asked_D)
