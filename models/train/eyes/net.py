"""The network: a crop in, two numbers out."""

import torch
from torch import nn

from nets.layers import ConvUnit, SeparableUnit


class EyeNet(nn.Module):
    """Input [n, 1, 32, 32]: the crop less its mean, over its deviation. Output [n, 2]:
    the log odds that the eye is open, and that it can be told."""

    def __init__(self, stem: int = 16, half: int = 32, quarter: int = 48, eighth: int = 64):
        super().__init__()
        unit = SeparableUnit
        self.body = nn.Sequential(
            ConvUnit(1, stem, 3, 2),
            unit(stem, half), unit(half, half),
            unit(half, quarter, 2), unit(quarter, quarter), unit(quarter, quarter),
            unit(quarter, eighth, 2),
        )
        self.head = nn.Linear(eighth, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x).mean((2, 3)))
