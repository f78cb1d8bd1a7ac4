"""One training, which can be stopped and gone on with."""

import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from eyes.batches import Batches
from eyes.net import EyeNet
from nets import state

PEAK = 4e-3
DECAY = 0.02
STEPS = 20_000
WARM_UP, TAIL = 300, 0.6
# What telling at all weighs beside telling right.
SEEN_WEIGHT = 0.5


def cost(output: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    known = ~asked.isnan()
    each = F.binary_cross_entropy_with_logits(output, asked.nan_to_num(), reduction="none") * known
    mean = each.sum(0) / known.sum(0).clamp(min=1)
    return mean[0] + SEEN_WEIGHT * mean[1]


def train(data: Path, folder: Path, steps: int, seed: int = 1) -> torch.nn.Module:
    """The averaged network after `steps`; its state lies in `folder` and is taken up
    again."""
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    path = folder / "state.pt"
    model = EyeNet().to(memory_format=torch.channels_last)
    average = state.Average(model, 0.9985)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}])
    first = 0
    if path.exists():
        saved = torch.load(path, weights_only=True)
        model.load_state_dict(saved["model"])
        average.model.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        first = saved["step"]
    if first >= steps:
        return average.model
    batches = Batches(data, seed + first)
    print("to learn from (open, closed, between):", batches.counts(), flush=True)
    total, begun = 0.0, time.process_time()
    for step in range(first, steps):
        for group in optimiser.param_groups:
            group["lr"] = PEAK * state.rate(step, steps, WARM_UP, TAIL)
        crops, asked = batches.draw()
        crops = torch.from_numpy(crops).to(memory_format=torch.channels_last)
        value = cost(model(crops), torch.from_numpy(asked))
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        average.update(model, step)
        total += value.item()
        if (step + 1) % 250 == 0:
            seconds = (time.process_time() - begun) / 250
            print(f"{step + 1} cost {total / 250:.4f} {seconds:.3f} s a step", flush=True)
            total, begun = 0.0, time.process_time()
            state.save(path, model=model.state_dict(), average=average.model.state_dict(),
                       optimiser=optimiser.state_dict(), step=step + 1)
    return average.model
