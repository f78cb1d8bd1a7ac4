"""Layers that the int8 engine runs well."""

import torch
from torch import nn


class ConvUnit(nn.Sequential):
    """Convolution, batch normalisation, rectifier: one layer when quantised."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int | None = None):
        padding = kernel // 2 if padding is None else padding
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class SeparableUnit(nn.Module):
    """Depthwise 3x3, then 1x1 with normalisation and rectifier; the input is added
    where shapes allow. Nothing is normalised in between (YuNet, Wu et al. 2023,
    section 3.1): the depthwise part stays linear, and training is a third faster."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.pointwise = ConvUnit(inputs, outputs, 1)
        self.residual = inputs == outputs and stride == 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.pointwise(self.depthwise(x))
        return x + y if self.residual else y
