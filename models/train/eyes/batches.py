"""Batches: which eyes, how many of each kind, and what is asked of them."""

from pathlib import Path

import cv2
import numpy as np

from eyes import crop, jitter, packs
from eyes.packs import LEARN, Eyes

# Of one batch: half open and half closed of each, then some of which nothing is told.
MIX = {"cew": 48, "teacher": 50, "portraits": 38, "kaggle": 8}
HIDDEN = 36
# Of them behind real sunglasses.
REAL = 6
# Asked of an eye that can be told; nan: not asked.
SEEN, UNSEEN = 0.985, 0.015


def strangers(rng: np.random.Generator, data: Path, faces: packs.Portraits, count: int,
              part: int = LEARN) -> np.ndarray:
    """Crops that are no eyes: other parts of faces, hair, backgrounds [count, SIZE, SIZE]."""
    of_part = np.nonzero(faces.part == part)[0]
    files = [f for k, f in enumerate(sorted((data / "faces/negatives").glob("*.jpg"))) if (k % 5 == 0) == (part != LEARN)]
    empty = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in files]
    crops = []
    while len(crops) < count:
        if rng.random() < 0.2:
            pixels = empty[rng.integers(len(empty))]
            side = rng.uniform(14, 60)
            centre = rng.uniform(0, pixels.shape[::-1])
        else:
            i = rng.choice(of_part)
            pixels, eyes = faces.pictures[faces.file[i]], faces.eyes[i]
            distance = np.hypot(*(eyes[1] - eyes[0]))
            # Most lie on the face or near it.
            centre = eyes.mean(0) + rng.normal(0, (1.0, 1.2), 2) * distance + (0, 0.3 * distance)
            near = np.hypot(*(eyes - centre).T).min()
            if near < 0.52 * distance or not (0 < centre).all() or not (centre < pixels.shape[::-1]).all():
                continue
            side = crop.SHARE * distance * np.exp(rng.normal(0, 0.15))
        turn = rng.normal(0, 0.3)
        along = np.array([np.cos(turn), np.sin(turn)]) * side
        n = crop.taps(side)
        crops.append(crop.cut(pixels, crop.frame(centre, along, np.array([-along[1], along[0]]), n), n))
    return np.stack(crops).astype(np.float32)


class Batches:
    def __init__(self, data: Path, seed: int):
        self.rng = np.random.default_rng(seed)
        faces = packs.portraits(data)
        self.eyes = {"cew": packs.cew(data), "teacher": packs.teacher(data),
                     "portraits": packs.from_portraits(faces), "kaggle": packs.kaggle(data)}
        self.kinds = {name: self._kinds(eyes) for name, eyes in self.eyes.items()}
        portraits = self.eyes["portraits"]
        self.covered = portraits.where((portraits.part == LEARN) & portraits.covered)
        self.strangers = strangers(self.rng, data, faces, 6000)

    def _kinds(self, eyes: Eyes) -> list[np.ndarray]:
        learn = eyes.part == LEARN
        open, shut = learn & (eyes.open > packs.OPEN), learn & (eyes.open < packs.SHUT)
        between = learn & ~open & ~shut & ~np.isnan(eyes.open)
        return [eyes.where(open), eyes.where(shut), eyes.where(between)]

    def counts(self) -> dict[str, list[int]]:
        """Open, closed and in-between eyes to learn from."""
        return {name: [len(kind) for kind in kinds] for name, kinds in self.kinds.items()}

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Crops [n, 1, SIZE, SIZE], normalised, and what is asked of them [n, 2]."""
        rng, crops, asked = self.rng, [], []
        for name, count in MIX.items():
            open, shut, between = self.kinds[name]
            for k in range(count):
                kind = open if k % 2 else shut
                if len(between) and rng.random() < 0.15:
                    kind = between
                i = int(rng.choice(kind))
                crops.append(jitter.seen(rng, self.eyes[name], i, 0.6 if name == "kaggle" else 1.0))
                asked.append((self.eyes[name].open[i], np.nan if kind is between else SEEN))
        for k in range(HIDDEN):
            asked.append((np.nan, UNSEEN))
            if k < REAL:
                x = jitter.place(rng, self.eyes["portraits"], int(rng.choice(self.covered)))
                crops.append(jitter.camera(rng, x))
                continue
            name = ("cew", "teacher", "portraits")[rng.integers(3)]
            i = int(rng.choice(self.kinds[name][rng.integers(2)]))
            other = self.strangers[rng.integers(len(self.strangers))].copy()
            if rng.random() < 0.5:
                other = np.ascontiguousarray(other[:, ::-1])
            crops.append(jitter.hidden(rng, self.eyes[name], i, other))
        return crop.normalise(np.stack(crops))[:, None], np.array(asked, np.float32)
