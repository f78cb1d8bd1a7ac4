"""The labelled eyes and the pictures around them, by what is kept apart.

Every eye is a patch of pixels with the place of the eye in it, the distance between
the eyes in its pixels, and the roll of the face. Labels are the chance that the eye is
open; nan where nobody knows.
"""

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from eyes import crop

# Side of the patches cut from the portraits, pixels. Their eyes are some 27 apart.
WINDOW = 52
LEARN, CHECK, APART = 0, 1, 2


def part(source: str, group: int) -> int:
    """LEARN, CHECK (thresholds are chosen there) or APART (nothing is): by a hash, so
    that it stays so. People of CEW and of the portraits share their numbers."""
    name = "person" if group < 100_000 and source in ("cew", "lfw") else source
    share = int(hashlib.sha256(f"{name}/{group}".encode()).hexdigest()[:8], 16) / 2**32
    return APART if share < 0.2 else CHECK if share < 0.26 else LEARN


def by_blink(blink: np.ndarray) -> np.ndarray:
    """What a teacher's blink score says of the chance that an eye is open: sure below
    1/4 and above 0.7; squints and laughing eyes, which people call open, lie between."""
    return np.interp(blink, [0.25, 0.4, 0.5, 0.6, 0.7], [0.985, 0.75, 0.4, 0.12, 0.015]).astype(np.float32)


# Above SHUT and below OPEN is what a teacher is not sure of.
OPEN, SHUT = 0.8, 0.42

# An eye this dark beside the cheek below is behind sunglasses; up to DIM it may be.
DARK, DIM = 0.30, 0.38


def darkness(level: np.ndarray) -> float:
    """Mean luma of an eye over that of its cheek; `level` is a square of 1.5 distances
    between the eyes about it, turned level."""
    unit, middle = level.shape[0] / 1.5, level.shape[0] / 2
    box = lambda top, bottom, side: level[int(middle + top * unit):int(middle + bottom * unit),
                                          int(middle - side * unit):int(middle + side * unit)].mean()
    return float(box(-0.14, 0.16, 0.25) / max(box(0.5, 0.72, 0.2), 1.0))


@dataclass
class Eyes:
    """Patches of one pack."""
    pixels: list[np.ndarray]
    centre: np.ndarray  # [n, 2] the first pixel's centre is (1/2, 1/2)
    distance: np.ndarray  # [n] pixels between the eyes
    roll: np.ndarray  # [n] radians, clockwise
    open: np.ndarray  # [n] chance that it is open
    group: np.ndarray
    part: np.ndarray
    covered: np.ndarray = None  # [n] behind sunglasses, where that was looked at

    def where(self, mask: np.ndarray) -> np.ndarray:
        return np.nonzero(mask)[0]


def patches(data: Path, file: str, source: str, distance: float | None, centre: tuple[float, float]) -> Eyes:
    """A pack of patches; `distance` between the eyes in shares of their side."""
    pack = np.load(data / "eyes" / file)
    images, group = pack["image"], pack["group"].astype(np.int64)
    n, side = images.shape[:2]
    if "blink" in pack:
        chance = by_blink(pack["blink"])
    else:
        chance = np.where(pack["label"] == 1, 0.985, 0.015).astype(np.float32)
    return Eyes(list(images), np.tile(np.float64(centre) * side, (n, 1)), np.full(n, distance * side),
                np.zeros(n), chance, group, np.array([part(source, int(g)) for g in group]))


def cew(data: Path) -> Eyes:
    """The published square is taken for the crop."""
    return patches(data, "cew_train.npz", "cew", 1 / crop.SHARE, (0.5, 0.5))


def teacher(data: Path) -> Eyes:
    """Those of background faces (eyes close together) and those that may be behind
    sunglasses are left out."""
    eyes = patches(data, "lfw_teacher.npz", "lfw", 1.0, (0.5, 0.5))
    pack = np.load(data / "eyes/lfw_teacher.npz")
    pixels = pack["image"].astype(np.float32)
    dim = pixels[:, 17:32, 12:36].mean((1, 2)) / np.maximum(pixels[:, 41:, 14:34].mean((1, 2)), 1)
    eyes.open[(pack["iod_px"] < 30) | (dim < DIM)] = np.nan
    return eyes


def kaggle(data: Path) -> Eyes:
    """Loose crops: the eye is taken to lie a little below the middle and the crop to be
    0.72 of the distance wide."""
    return patches(data, "kaggle_drowsiness.npz", "kaggle", 1 / 0.72, (0.5, 0.54))


@dataclass
class Portraits:
    """Faces of faces/lfw with both eyes [n, 2, 2] (left of the picture first)."""
    pictures: dict[str, np.ndarray]
    file: list[str]
    eyes: np.ndarray
    blink: np.ndarray  # [n, 2]
    yaw: np.ndarray  # degrees, > 0 turned to the right of the picture
    sure: np.ndarray  # a second detector found the same face, and it is no small one
    dark: np.ndarray  # [n] darkness of the lighter eye
    person: np.ndarray
    part: np.ndarray


def min_darkness(pixels: np.ndarray, eyes: np.ndarray) -> float:
    """Of the eye that is the lighter one."""
    line = (eyes[1] - eyes[0]) * 1.5
    down = np.array([-line[1], line[0]])
    return max(darkness(crop.cut(pixels, crop.frame(eye, line, down, 1), 1).astype(np.float32)) for eye in eyes)


def portraits(data: Path) -> Portraits:
    with open(data / "faces/lfw.csv", newline="") as text:
        rows = list(csv.DictReader(text))
    with open(data / "faces/lfw_expression.csv", newline="") as text:
        expressions = list(csv.DictReader(text))
    assert [r["file"] for r in rows] == [r["file"] for r in expressions]
    number = lambda row, *names: [float(row[n]) if row[n] else np.nan for n in names]
    eyes = np.array([number(r, "reye_x", "reye_y", "leye_x", "leye_y") for r in rows]).reshape(-1, 2, 2)
    person = np.array([int(r["person"]) for r in rows])
    pictures = {}
    for row in rows:
        if row["file"] not in pictures:
            pictures[row["file"]] = cv2.imread(str(data / row["file"]), cv2.IMREAD_GRAYSCALE)
    dark = np.array([min_darkness(pictures[r["file"]], pair) for r, pair in zip(rows, eyes)])
    sure = np.array([float(r["yunet_score"] or 0) >= 0.7 and float(r["w"]) >= 40 for r in rows])
    return Portraits(pictures, [r["file"] for r in rows], eyes,
                     np.array([number(r, "blink_right", "blink_left") for r in rows]),
                     np.array([number(e, "yaw_deg")[0] for e in expressions]),
                     sure, dark, person,
                     np.array([part("lfw", int(p)) for p in person]))


def write_list(data: Path, part_of: int, path: Path) -> None:
    """The surely found faces of some people's portraits, as `edgecull eval --task eyes`
    reads them: the way from the photograph on."""
    with open(data / "faces/lfw.csv", newline="") as text:
        rows = [r for r in csv.DictReader(text) if part("lfw", int(r["person"])) == part_of
                and float(r["yunet_score"] or 0) >= 0.7 and float(r["w"]) >= 40]
    with open(path, "w", newline="") as text:
        writer = csv.DictWriter(text, rows[0].keys())
        writer.writeheader()
        writer.writerows(r | {"file": (data / r["file"]).resolve()} for r in rows)


def window(pixels: np.ndarray, centre: np.ndarray, side: int = WINDOW) -> tuple[np.ndarray, np.ndarray]:
    """The square of whole pixels about `centre`, and where `centre` lies in it."""
    corner = np.floor(centre).astype(int) - side // 2
    padded = cv2.copyMakeBorder(pixels, side, side, side, side, cv2.BORDER_REPLICATE)
    x, y = np.clip(corner + side, 0, np.array(padded.shape[::-1]) - side)
    return padded[y:y + side, x:x + side].copy(), centre - (np.array([x, y]) - side)


def from_portraits(faces: Portraits, least: float = 18.0) -> Eyes:
    """Every eye of the faces whose eyes are at least `least` pixels apart."""
    found = defaultdict(list)
    for i, file in enumerate(faces.file):
        line = faces.eyes[i, 1] - faces.eyes[i, 0]
        distance = float(np.hypot(*line))
        if not least <= distance <= 40 or not faces.sure[i] or DARK <= faces.dark[i] < DIM:
            continue
        for side in (0, 1):
            pixels, centre = window(faces.pictures[file], faces.eyes[i, side])
            found["pixels"].append(pixels)
            found["centre"].append(centre)
            found["distance"].append(distance)
            found["roll"].append(np.arctan2(line[1], line[0]))
            # Of a profile's far eye nothing can be told.
            away = faces.yaw[i] if side == 1 else -faces.yaw[i]
            covered = faces.dark[i] < DARK
            found["open"].append(np.nan if away > 30 or covered else by_blink(faces.blink[i, side]))
            found["covered"].append(covered)
            found["group"].append(faces.person[i])
            found["part"].append(faces.part[i])
    return Eyes(found.pop("pixels"), *(np.array(found[k]) for k in ("centre", "distance", "roll", "open", "group", "part", "covered")))
