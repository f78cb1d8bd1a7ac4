"""Photographs with faces: what is kept apart, and how crops are drawn.

Every photograph is grey, as stored in the pack. Faces have a box and, where the pack
has them, five points; `ignore` boxes are neither face nor background.
"""

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

POINTS = ("leye", "reye", "nose", "lmouth", "rmouth")


@dataclass
class Photo:
    file: str
    source: str
    pixels: np.ndarray = field(default=None, repr=False)
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))  # x0 y0 x1 y1
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 5, 2), np.float32))  # nan where unknown
    ignore: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))


# Share of photographs kept apart, by source. `crowd` and `crowd_counting` are the two
# figures; wider_val shows other small faces, negatives false ones.
APART = {"crowd": 0.2, "crowd_counting": 0.2, "face_counting": 0.08, "wider_val": 0.25, "lfw": 0.05,
         "negatives": 0.2, "flickr8k": 0.15}


def is_apart(source: str, key: str) -> bool:
    """Whether a photograph is kept apart: by a hash of its name (of the person, for
    portraits), so that it stays so when others come or go."""
    share = APART.get(source, 0.0)
    return int(hashlib.sha256(f"{source}/{key}".encode()).hexdigest()[:8], 16) / 2**32 < share


def points_of(row: dict) -> np.ndarray:
    """Left eye of the picture first, as records have it; packs name the subject's sides."""
    def at(name: str) -> tuple[float, float]:
        x, y = row.get(name + "_x"), row.get(name + "_y")
        return (float(x), float(y)) if x and y else (np.nan, np.nan)
    left, right = at("reye"), at("leye")
    return np.array([left, right, at("nose"), at("rmouth"), at("lmouth")], np.float32)


def box_of(row: dict) -> np.ndarray:
    x, y, w, h = (float(row[k]) for k in "xywh")
    return np.array([x, y, x + w, y + h], np.float32)


def mesh_to_face(box: np.ndarray) -> np.ndarray:
    """A face mesh's extent (brow to chin) as the box of a face that people draw: it
    starts at the forehead."""
    x0, y0, x1, y1 = box
    return np.array([x0 + 0.01 * (x1 - x0), y0 - 0.19 * (y1 - y0), x1 - 0.01 * (x1 - x0), y1], np.float32)


def load(data: Path, sources: set[str] | None = None) -> tuple[list[Photo], list[Photo]]:
    """(to learn from, kept apart)."""
    rows: dict[tuple[str, str, str], list[dict]] = defaultdict(list)
    for pack in ("crowd", "scenes", "background", "lfw", "negatives"):
        with open(data / "faces" / f"{pack}.csv", newline="") as text:
            for row in csv.DictReader(text):
                source = row["source"] if pack == "scenes" else pack
                key = row.get("person") or row["file"]
                if pack == "lfw":
                    rows[source, row["file"], key].append(row)
                else:
                    rows[source, row["file"], row["file"]].append(row)
    learn, apart, people = [], [], {}
    for (source, file, key), found in sorted(rows.items()):
        # One photograph of two people goes with the first of them.
        key = people.setdefault(file, key)
        if sources is not None and source not in sources:
            continue
        photos = [p for p in (learn, apart)[is_apart(source, key)] if p.file == file] if source == "lfw" else []
        photo = photos[0] if photos else Photo(file, source)
        boxes, points, ignore = [photo.boxes], [photo.points], [photo.ignore]
        for row in found:
            if source == "negatives":
                continue
            if row.get("kind") == "ignore":
                ignore.append(box_of(row)[None])
                continue
            box = box_of(row)
            boxes.append((mesh_to_face(box) if source == "lfw" else box)[None])
            points.append(points_of(row)[None])
        photo.boxes, photo.points, photo.ignore = map(np.concatenate, (boxes, points, ignore))
        if not photos:
            photo.pixels = cv2.imread(str(data / file), cv2.IMREAD_GRAYSCALE)
            (apart if is_apart(source, key) else learn).append(photo)
    return learn, apart


@dataclass
class Crop:
    pixels: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    ignore: np.ndarray


def affine_boxes(matrix: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Boxes of the same area around the moved centres; a turned face keeps its size."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * np.hypot(matrix[0, 0], matrix[1, 0])
    return np.concatenate([centre - half, centre + half], 1).astype(np.float32)


def warp(photo: Photo, matrix: np.ndarray, size: int, fill: int) -> Crop:
    """The photograph through `matrix` (photograph to crop). Shrinking averages areas,
    as a JPEG's own reduction by 1/2, 1/4 and 1/8 does."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    pixels, m = photo.pixels, matrix.copy()
    if scale < 0.75:
        h, w = pixels.shape
        small = (max(round(w * scale), 1), max(round(h * scale), 1))
        pixels = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
        m[:, 0] *= w / small[0]
        m[:, 1] *= h / small[1]
    # Between pixel centres and corners.
    m[:, 2] += m[:, :2] @ np.array([0.5, 0.5]) - 0.5
    pixels = cv2.warpAffine(pixels, m, (size, size), flags=cv2.INTER_LINEAR, borderValue=fill)
    points = photo.points @ matrix[:, :2].T + matrix[:, 2]
    return Crop(pixels, affine_boxes(matrix, photo.boxes), points.astype(np.float32),
                affine_boxes(matrix, photo.ignore))


def covered(boxes: np.ndarray, height: int, width: int, strides: tuple[int, ...]) -> np.ndarray:
    """Which cells of all strides have their centre in one of `boxes`: [cells]."""
    masks = []
    for stride in strides:
        mask = np.zeros((height // stride, width // stride), bool)
        for x0, y0, x1, y1 in np.ceil(boxes / stride - 0.5).astype(int).clip(min=0):
            mask[y0:y1, x0:x1] = True
        masks.append(mask.ravel())
    return np.concatenate(masks)


# How often each kind of picture is drawn.
MIX = {"crowd": 0.22, "crowd_counting": 0.20, "face_counting": 0.16, "wider_val": 0.09, "flickr8k": 0.06,
       "lfw": 0.04, "mosaic": 0.06, "negatives": 0.16, "background": 0.02, "poses": 0.03}
POSES = ("mmpose", "openpose", "tfpose", "coco", "lsp")


class Crops:
    """An endless supply of training crops, `size` pixels a side."""

    def __init__(self, photos: list[Photo], size: int, seed: int):
        self.size, self.rng = size, np.random.default_rng(seed)
        self.pools = defaultdict(list)
        for photo in photos:
            self.pools["poses" if photo.source in POSES else photo.source].append(photo)
        self.pools["mosaic"] = self.pools["lfw"]
        self.kinds = [kind for kind in MIX if self.pools[kind]]
        weights = np.array([MIX[kind] for kind in self.kinds])
        self.weights = weights / weights.sum()

    def draw(self) -> Crop:
        kind = self.rng.choice(self.kinds, p=self.weights)
        crop = self.mosaic() if kind == "mosaic" else self.cut(self.pick(kind))
        return self.disturb(crop)

    def pick(self, kind: str) -> Photo:
        pool = self.pools[kind]
        return pool[self.rng.integers(len(pool))]

    def face_size(self) -> float:
        """Wanted height in pixels: mostly the small ones, which are the hard ones."""
        low, high = (9, 40) if self.rng.random() < 0.72 else (40, 180)
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def cut(self, photo: Photo, size: int | None = None, wanted: float | None = None) -> Crop:
        rng, size = self.rng, size or self.size
        h, w = photo.pixels.shape
        if len(photo.boxes):
            box = photo.boxes[rng.integers(len(photo.boxes))]
            scale = (wanted or self.face_size()) / max(box[3] - box[1], 4)
            scale = float(np.clip(scale, 0.15, 1.6))
            # Pictures are not shrunk until they are but a stamp in the crop.
            scale = max(scale, 0.6 * size / max(h, w)) if photo.source != "lfw" else scale
            centre = (box[:2] + box[2:]) / 2 + rng.uniform(-0.45, 0.45, 2) * size / scale
        else:
            scale = float(np.exp(rng.uniform(np.log(0.5), np.log(1.6))))
            centre = rng.uniform(0, 1, 2) * (w, h)
        # Inside the picture, as far as it reaches.
        for axis, length in ((0, w), (1, h)):
            reach = size / scale / 2
            if 2 * reach < length:
                centre[axis] = np.clip(centre[axis], reach, length - reach)
            else:
                centre[axis] = length / 2 + rng.uniform(-0.3, 0.3) * (2 * reach - length)
        angle = rng.normal(0, 0.12) if rng.random() < 0.5 else 0.0
        if rng.random() < 0.03:
            angle = rng.uniform(-0.6, 0.6)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turn[0] *= rng.uniform(0.92, 1.08)
        matrix = np.concatenate([turn, (size / 2 - turn @ centre)[:, None]], 1)
        return warp(photo, matrix, size, int(rng.integers(0, 256)))

    def mosaic(self) -> Crop:
        """Portraits side by side, so small that each is a face in a crowd."""
        tiles = int(self.rng.choice([2, 3, 4, 6]))
        tile = self.size // tiles
        crop = Crop(np.zeros((self.size, self.size), np.uint8), *(np.zeros(s, np.float32) for s in ((0, 4), (0, 5, 2), (0, 4))))
        for row in range(tiles):
            for column in range(tiles):
                photo = self.pick("lfw")
                part = self.cut(photo, tile, tile * self.rng.uniform(0.35, 0.8))
                at = np.array([column * tile, row * tile], np.float32)
                crop.pixels[row * tile:(row + 1) * tile, column * tile:(column + 1) * tile] = part.pixels
                middle = (part.boxes[:, :2] + part.boxes[:, 2:]) / 2
                inside = ((middle > 0) & (middle < tile)).all(1)
                crop.boxes = np.concatenate([crop.boxes, part.boxes[inside] + np.tile(at, 2)])
                crop.points = np.concatenate([crop.points, part.points[inside] + at])
        return crop

    def disturb(self, crop: Crop) -> Crop:
        rng, size = self.rng, self.size
        pixels = crop.pixels
        if rng.random() < 0.5:
            pixels = pixels[:, ::-1]
            for boxes in (crop.boxes, crop.ignore):
                boxes[:, [0, 2]] = size - boxes[:, [2, 0]]
            crop.points[..., 0] = size - crop.points[..., 0]
            crop.points = crop.points[:, [1, 0, 2, 4, 3]]
        pixels = pixels.astype(np.float32) / 255
        if rng.random() < 0.7:
            pixels = pixels ** np.exp(rng.normal(0, 0.35))
        if rng.random() < 0.7:
            pixels = (pixels - 0.5) * np.exp(rng.normal(0, 0.3)) + 0.5 + rng.normal(0, 0.12)
        if rng.random() < 0.15:
            pixels = cv2.GaussianBlur(np.ascontiguousarray(pixels), (0, 0), rng.uniform(0.4, 1.3))
        if rng.random() < 0.25:
            pixels = pixels + rng.normal(0, rng.uniform(0.005, 0.06), pixels.shape)
        if rng.random() < 0.03:
            pixels = 1 - pixels
        crop.pixels = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
        # A face of which the rim cuts off most is none that must be found.
        inner = np.clip(crop.boxes, 0, size)
        area = np.prod(crop.boxes[:, 2:] - crop.boxes[:, :2], axis=1)
        seen = np.prod(np.maximum(inner[:, 2:] - inner[:, :2], 0), axis=1) / np.maximum(area, 1e-6)
        high = crop.boxes[:, 3] - crop.boxes[:, 1]
        whole = (seen > 0.6) & (high >= 8)
        partial = (seen > 0.1) & ~whole
        crop.ignore = np.concatenate([crop.ignore, crop.boxes[partial]])
        crop.ignore = crop.ignore[((crop.ignore[:, 2:] > 0) & (crop.ignore[:, :2] < size)).all(1)]
        crop.boxes, crop.points = crop.boxes[whole], crop.points[whole]
        return crop
