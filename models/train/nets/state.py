"""Training that can be stopped at any moment and gone on with."""

import copy
import os
from pathlib import Path

import torch
from torch import nn


class Average:
    """Exponential moving average of weights and of normalisation's statistics: what
    is kept, measured and exported."""

    def __init__(self, model: nn.Module, decay: float):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for mean, now in zip(self.model.state_dict().values(), model.state_dict().values()):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - decay)
            else:
                mean.copy_(now)


def save(path: Path, **parts) -> None:
    """Writes `parts` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(parts, partial)
    os.replace(partial, path)


def rate(step: int, steps: int, warm_up: int, tail: float) -> float:
    """Share of the peak learning rate: linear warm-up, level, and over the last `tail`
    of the steps a square-root decay (Hägele et al. 2024, arXiv 2405.18392), so that a
    level run can be prolonged before its tail."""
    level_end = int(steps * (1 - tail))
    if step < warm_up:
        return (step + 1) / warm_up
    if step < level_end:
        return 1.0
    return max(1 - ((step - level_end) / max(steps - level_end, 1)) ** 0.5, 0.0)
