"""The head: several small networks side by side, whose mean is the score.

Each looks at all numbers, with a hidden layer of its own. Together they are one network
with one hidden layer, which is the embedding.
"""

import numpy as np
import torch
from torch import nn

HIDDEN = 64
MEMBERS = 4
LIMIT = 4.0  # standardised numbers are cut off there


class Standard:
    """Numbers to mean 0 and deviation 1, as far as `LIMIT`."""

    def __init__(self, numbers: np.ndarray):
        self.mean = numbers.mean(0).astype(np.float32)
        self.inverse = (1 / np.maximum(numbers.std(0), 1e-3)).astype(np.float32)

    def __call__(self, numbers: np.ndarray) -> torch.Tensor:
        z = (numbers - self.mean) * self.inverse
        return torch.from_numpy(np.clip(z, -LIMIT, LIMIT).astype(np.float32))


class Head(nn.Module):
    """`hidden`: [n, inputs] to [n, 64], none negative; `score` of that: 0..1."""

    def __init__(self, inputs: int):
        super().__init__()
        self.hidden, self.score = nn.Linear(inputs, HIDDEN), nn.Linear(HIDDEN, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.score(torch.relu(self.hidden(x)))[:, 0]


def fit(numbers: np.ndarray, scores: np.ndarray, seed: int, epochs: int = 40) -> tuple[Standard, Head]:
    """`scores`: 0..1."""
    standard = Standard(numbers)
    x = standard(numbers)
    mean, deviation = float(scores.mean()), float(scores.std())
    y = torch.from_numpy(((scores - mean) / deviation).astype(np.float32))
    width = HIDDEN // MEMBERS
    whole = Head(x.shape[1]).requires_grad_(False)
    whole.score.bias.fill_(mean)
    for member in range(MEMBERS):
        torch.manual_seed(1000 * seed + member)
        model = nn.Sequential(nn.Dropout(0.15), nn.Linear(x.shape[1], width), nn.ReLU(), nn.Dropout(0.3),
                              nn.Linear(width, 1))
        optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.3)
        batch = 64
        steps = epochs * (len(x) // batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, steps)
        for _ in range(epochs):
            order = torch.randperm(len(x))
            for at in range(0, len(x) - batch + 1, batch):
                index = order[at : at + batch]
                loss = nn.functional.mse_loss(model(x[index])[:, 0], y[index])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                schedule.step()
        part = slice(member * width, (member + 1) * width)
        with torch.no_grad():
            whole.hidden.weight[part], whole.hidden.bias[part] = model[1].weight, model[1].bias
            whole.score.weight[:, part] = model[4].weight * (deviation / MEMBERS)
            whole.score.bias += model[4].bias * (deviation / MEMBERS)
    return standard, whole.eval()


@torch.no_grad()
def predict(fitted: tuple[Standard, Head], numbers: np.ndarray) -> np.ndarray:
    standard, head = fitted
    return head(standard(numbers)).numpy()
