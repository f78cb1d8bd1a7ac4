"""The network: one trunk for all that is looked at, whole pictures made small and
patches at native resolution.

Input: Y, Cb and Cr as JPEG has them, of 0..1, [n, 3, h, w], h and w multiples of 16.
"""

import torch
from torch import nn

from nets.layers import ConvUnit

# Numbers of each embedding of pre-training.
EMBEDDING = 32


class Trunk(nn.Sequential):
    """Dense 3x3 convolutions, four times halved: 936 multiplications a pixel."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 48, 64, 96)):
        a, b, c, d, e = widths
        super().__init__(
            ConvUnit(3, a, 3, 2),
            ConvUnit(a, b, 3, 2),
            ConvUnit(b, c, 3, 2),
            ConvUnit(c, d, 3, 2),
            ConvUnit(d, e, 3),
        )
        self.width = e


class Pretraining(nn.Module):
    """The trunk with the heads that only self-supervision needs."""

    def __init__(self, kinds: int):
        super().__init__()
        self.trunk = Trunk()
        wide = self.trunk.width
        self.levels = nn.Sequential(nn.Linear(wide, 64), nn.ReLU(), nn.Linear(64, kinds + 1))
        self.quality = nn.Sequential(nn.Linear(wide, 96), nn.ReLU(), nn.Linear(96, EMBEDDING))
        self.content = nn.Sequential(nn.Linear(wide, 96), nn.ReLU(), nn.Linear(96, EMBEDDING))

    def forward(self, x: torch.Tensor):
        """Levels and the rank [n, kinds + 1], quality and content [n, 32] each."""
        pooled = self.trunk(x).float().mean((2, 3))
        unit = nn.functional.normalize
        return self.levels(pooled), unit(self.quality(pooled)), unit(self.content(pooled))
