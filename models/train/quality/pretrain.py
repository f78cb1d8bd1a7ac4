"""Self-supervision: what was done to a picture, how strongly, and which copy is better.

Of each picture there are a copy as it is, one with a fault and one with the same fault
stronger; of each copy two crops. The network learns the levels (as differences to the
first copy, whose own faults nobody knows), the order of the three, and two embeddings in
the manner of Re-IQA (Saha et al., CVPR 2023): quality, alike for two crops of one copy
and unlike for all else, another level of the same picture included; and content, alike
for all crops of one picture.
"""

import csv
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from nets import state
from quality.degrade import KINDS, Degradation, recipe
from quality.net import Pretraining

CROP = 96
PICTURES = 16
COPIES = 3


def pictures(data: Path) -> list[np.ndarray]:
    """Every photograph that pre-training sees, RGB or grey, longest side at most 1024."""
    def files(manifest):
        with open(data / manifest, newline="") as text:
            return [row["file"] for row in csv.DictReader(text)]

    named = files("quality/clive.csv") + files("blur.csv") + files("exposure.csv") + files("bursts.csv")
    named += sorted(set(files("faces/background.csv") + files("faces/negatives.csv")))
    result = []
    for name in named:
        pixels = cv2.imread(str(data / name), cv2.IMREAD_COLOR)
        scale = 1024 / max(pixels.shape)
        if scale < 1:
            pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        result.append(np.ascontiguousarray(pixels[..., ::-1]))
    return result


def ycc(rgb: np.ndarray) -> np.ndarray:
    """Y, Cb, Cr of JPEG, 8 bits."""
    return cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]


class Batches:
    """Batches without an end: crops [n, 3, 96, 96] in the order picture, copy, crop, and
    levels [pictures, copies, kinds]."""

    def __init__(self, photos: list[np.ndarray], seed: int):
        self.photos, self.rng = photos, np.random.default_rng(seed)

    def region(self) -> np.ndarray:
        """A stretch of a picture for two crops side by side, at a random scale: pixels as
        they are, or anything down to the whole picture."""
        rng = self.rng
        photo = self.photos[rng.integers(len(self.photos))]
        if rng.random() < 0.3:
            photo = photo.transpose(1, 0, 2)
        h, w, _ = photo.shape
        need_w, need_h = 2 * CROP + 24, CROP + 16
        least = max(need_w / w, need_h / h)
        scale = 1.0 if rng.random() < 0.5 else float(np.exp(rng.uniform(np.log(min(least, 1)), 0)))
        scale = max(scale, least)
        ch, cw = min(int(np.ceil(need_h / scale)), h), min(int(np.ceil(need_w / scale)), w)
        y, x = rng.integers(h - ch + 1), rng.integers(w - cw + 1)
        part = np.ascontiguousarray(photo[y : y + ch, x : x + cw])
        if scale != 1.0:
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            part = cv2.resize(part, (need_w, need_h), interpolation=how)
        if rng.random() < 0.5:
            part = part[:, ::-1]
        return np.ascontiguousarray(part).astype(np.float32) / 255

    def __next__(self):
        crops = np.empty((PICTURES, COPIES, 2, CROP, CROP, 3), np.uint8)
        levels = np.empty((PICTURES, COPIES, len(KINDS)), np.float32)
        rng = self.rng
        for i in range(PICTURES):
            region = self.region()
            fault = Degradation(rng, recipe(rng))
            for j, part in enumerate((0.0, rng.uniform(0.25, 0.6), 1.0)):
                levels[i, j] = fault.vector(part)
                copy = ycc(fault.apply(region, part))
                for k in range(2):
                    y = int(rng.integers(copy.shape[0] - CROP + 1))
                    x = int(rng.integers(25)) if k == 0 else int(copy.shape[1] - CROP - rng.integers(25))
                    crops[i, j, k] = copy[y : y + CROP, x : x + CROP]
        pixels = torch.from_numpy(crops.reshape(-1, CROP, CROP, 3)).permute(0, 3, 1, 2)
        return pixels, torch.from_numpy(levels)


def alike(embedding: torch.Tensor, same: torch.Tensor, temperature: float) -> torch.Tensor:
    """Supervised contrastive loss (Khosla et al. 2020) for pairs in `same`."""
    logits = embedding @ embedding.T / temperature
    logits = logits.masked_fill(torch.eye(len(same), dtype=torch.bool), float("-inf"))
    log = logits - logits.logsumexp(1, keepdim=True)
    return -(log.masked_fill(~same, 0.0).sum(1) / same.sum(1).clamp(min=1)).mean()


def loss(outputs, levels: torch.Tensor):
    shown, quality, content = outputs
    shown = shown.view(PICTURES, COPIES, 2, -1)
    kinds, rank = shown[..., :-1], shown[..., -1]
    wanted = levels[:, :, None].expand_as(kinds)
    relative = kinds[:, 1:] - kinds[:, :1]
    huber = nn.functional.smooth_l1_loss
    level = huber(relative, wanted[:, 1:], beta=0.2) + 0.2 * huber(kinds, wanted, beta=0.2)
    order = sum(nn.functional.softplus(rank[:, b] - rank[:, a] + 0.5).mean() for a, b in ((0, 1), (1, 2), (0, 2)))
    index = torch.arange(PICTURES * COPIES * 2)
    other = ~torch.eye(len(index), dtype=torch.bool)
    same_copy = (index[:, None] // 2 == index // 2) & other
    same_picture = (index[:, None] // (2 * COPIES) == index // (2 * COPIES)) & other
    parts = {
        "levels": 10 * level,
        "order": 0.3 * order,
        "quality": 0.3 * alike(quality, same_copy, 0.2),
        "content": 0.2 * alike(content, same_picture, 0.2),
    }
    return sum(parts.values()), {name: float(value.detach()) for name, value in parts.items()}


def train(data: Path, path: Path, steps: int, peak: float = 3e-3, seed: int = 1) -> None:
    """Trains to `path`, going on from what is there."""
    torch.manual_seed(seed)
    model = Pretraining(len(KINDS)).to(memory_format=torch.channels_last)
    average = state.Average(model, 0.999)
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.02)
    step = 0
    if path.exists():
        saved = torch.load(path, weights_only=True)
        model.load_state_dict(saved["model"])
        average.model.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step = saved["step"]
    batches = Batches(pictures(data), seed + step)
    begun, sums = time.time(), {}
    model.train()
    while step < steps:
        for group in optimiser.param_groups:
            group["lr"] = peak * state.rate(step, steps, 100, 0.4)
        pixels, levels = next(batches)
        pixels = (pixels.float() / 255).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = model(pixels)
        total, parts = loss([output.float() for output in outputs], levels)
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        average.update(model, step)
        step += 1
        for name, value in parts.items():
            sums[name] = sums.get(name, value) * 0.98 + value * 0.02
        if step % 100 == 0:
            shown = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
            print(f"pre-training {step} {shown} {(time.time() - begun) / 100:.3f} s a step", flush=True)
            begun = time.time()
        if step % 500 == 0 or step == steps:
            state.save(path, model=model.state_dict(), average=average.model.state_dict(),
                       optimiser=optimiser.state_dict(), step=step)
