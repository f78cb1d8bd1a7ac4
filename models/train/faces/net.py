"""The face detector: luma in, for three strides a score, a box and five points out.

A cell of stride s at column i, row j stands for the point ((i + 1/2) s, (j + 1/2) s).
Its box is centre + offset * s and size e^scale * s; its points are centre + offset * s.
"""

import torch
import torch.nn.functional as F
from torch import nn

from nets.layers import ConvUnit, SeparableUnit

STRIDES = (8, 16, 32)


class Head(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.tower = SeparableUnit(channels, channels)
        self.score = nn.Conv2d(channels, 1, 1)
        self.box = nn.Conv2d(channels, 4, 1)
        self.points = nn.Conv2d(channels, 10, 1)
        # At first one cell in a hundred is a face: else the many empty ones drown all.
        nn.init.constant_(self.score.bias, -4.6)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = self.tower(x)
        return self.score(x), self.box(x), self.points(x)


class FaceNet(nn.Module):
    """Input [n, 1, h, w], pixels over 255; h and w are multiples of 32."""

    def __init__(self, c4: int = 32, c8: int = 64, c16: int = 104, c32: int = 120, top: int = 64):
        super().__init__()
        unit = SeparableUnit
        # One step to 1/4: the largest tensors would be those of 1/2.
        self.to4 = nn.Sequential(ConvUnit(1, c4, 6, 4, 1), unit(c4, c4))
        self.to8 = nn.Sequential(unit(c4, c8, 2), unit(c8, c8), unit(c8, c8))
        self.to16 = nn.Sequential(unit(c8, c16, 2), unit(c16, c16), unit(c16, c16))
        self.to32 = nn.Sequential(unit(c16, c32, 2), unit(c32, c32))
        self.side16 = ConvUnit(c16, top, 1)
        self.side32 = ConvUnit(c32, top, 1)
        self.mix8 = unit(top, top)
        self.mix16 = unit(top, top)
        self.heads = nn.ModuleList([Head(top) for _ in STRIDES])

    def forward(self, x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        p8 = self.to8(self.to4(x))
        p16 = self.to16(p8)
        p32 = self.side32(self.to32(p16))
        p16 = self.mix16(self.side16(p16) + F.interpolate(p32, scale_factor=2.0, mode="nearest"))
        p8 = self.mix8(p8 + F.interpolate(p16, scale_factor=2.0, mode="nearest"))
        return [head(p) for head, p in zip(self.heads, (p8, p16, p32))]


def cells(height: int, width: int, device=None) -> tuple[torch.Tensor, torch.Tensor]:
    """Centres [n, 2] and strides [n] of all cells, in the order of `flatten`."""
    centres, strides = [], []
    for stride in STRIDES:
        h, w = height // stride, width // stride
        y, x = torch.meshgrid(torch.arange(h, device=device), torch.arange(w, device=device), indexing="ij")
        centres.append((torch.stack([x, y], -1).reshape(-1, 2).float() + 0.5) * stride)
        strides.append(torch.full((h * w,), float(stride), device=device))
    return torch.cat(centres), torch.cat(strides)


def flatten(outputs) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Scores [n, cells], boxes [n, cells, 4], points [n, cells, 10] of all strides."""
    def rows(t: torch.Tensor) -> torch.Tensor:
        return t.permute(0, 2, 3, 1).reshape(t.shape[0], -1, t.shape[1])
    parts = [torch.cat([rows(level[i]) for level in outputs], 1) for i in range(3)]
    return parts[0].squeeze(-1), parts[1], parts[2]


def decode_boxes(raw: torch.Tensor, centres: torch.Tensor, strides: torch.Tensor) -> torch.Tensor:
    """Corners [..., 4] (x0, y0, x1, y1) in pixels of the input."""
    centre = centres + raw[..., :2] * strides[:, None]
    half = raw[..., 2:].clamp(-4, 4).exp() * strides[:, None] / 2
    return torch.cat([centre - half, centre + half], -1)


def decode_points(raw: torch.Tensor, centres: torch.Tensor, strides: torch.Tensor) -> torch.Tensor:
    """Five points [..., 5, 2] in pixels of the input."""
    shape = raw.shape[:-1]
    return raw.reshape(*shape, 5, 2) * strides[:, None, None] + centres[:, None, :]
