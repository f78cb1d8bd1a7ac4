"""One training: crops without an end, and a state to go on from."""

import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from faces import data, figures
from faces.loss import loss
from faces.net import STRIDES, FaceNet
from nets import state

SIZE = 192
BATCH = 32


def collate(crops: list[data.Crop]):
    """Pixels [n, 1, h, w] and what `loss` wants to know of them."""
    pixels = torch.from_numpy(np.stack([np.ascontiguousarray(c.pixels) for c in crops]))[:, None]
    most = max(max(len(c.boxes) for c in crops), 1)
    boxes, valid = torch.zeros(len(crops), most, 4), torch.zeros(len(crops), most, dtype=torch.bool)
    points = torch.full((len(crops), most, 5, 2), float("nan"))
    for i, crop in enumerate(crops):
        n = len(crop.boxes)
        boxes[i, :n], valid[i, :n] = torch.from_numpy(crop.boxes), True
        points[i, :n] = torch.from_numpy(crop.points)
    hidden = torch.from_numpy(np.stack([data.covered(c.ignore, *c.pixels.shape, STRIDES) for c in crops]))
    return pixels, (boxes, valid, points, hidden)


class Batches(IterableDataset):
    """Batches of crops without an end, drawn beside the training."""

    def __init__(self, photos: list[data.Photo], seed: int):
        self.photos, self.seed = photos, seed

    def __iter__(self):
        cv2.setNumThreads(1)
        crops = data.Crops(self.photos, SIZE, self.seed)
        while True:
            yield collate([crops.draw() for _ in range(BATCH)])


def train(learn: list[data.Photo], apart: list[data.Photo], folder: Path, steps: int, tail: float,
          peak: float) -> FaceNet:
    """Trains to `steps` steps in all, from the state in `folder` if there is one, and
    gives the average of the weights. The figures shown on the way choose nothing."""
    torch.manual_seed(1)
    model = FaceNet().to(memory_format=torch.channels_last)
    average = state.Average(model, 0.9995)
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.02)
    step, path = 0, folder / "state.pt"
    if path.exists():
        saved = torch.load(path, weights_only=True)
        model.load_state_dict(saved["model"])
        average.model.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step = saved["step"]
    # Other crops after each restart, the same for the same restart.
    batches = iter(DataLoader(Batches(learn, seed=1 + step), batch_size=None, num_workers=1))
    begun, sums = time.time(), {}
    while step < steps:
        for group in optimiser.param_groups:
            group["lr"] = peak * state.rate(step, steps, 500, tail)
        pixels, batch = next(batches)
        model.train()
        outputs = model((pixels.float() / 255).to(memory_format=torch.channels_last))
        total, parts = loss(outputs, batch, SIZE, SIZE)
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        average.update(model, step)
        step += 1
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) * 0.99 + value * 0.01
        if step % 200 == 0:
            costs = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
            print(f"{step} {costs} {(time.time() - begun) / 200:.3f} s a step", flush=True)
            begun = time.time()
        if step % 1000 == 0 or step == steps:
            state.save(path, model=model.state_dict(), average=average.model.state_dict(),
                       optimiser=optimiser.state_dict(), step=step)
        if step % 4000 == 0 or step == steps:
            shown = figures.of(average.model, apart)
            print(step, " ".join(f"{name} {value:.3f}" for name, value in shown.items()), flush=True)
            begun = time.time()
    return average.model
