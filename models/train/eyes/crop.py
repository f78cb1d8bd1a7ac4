"""What a crop of an eye is: the same here and in core/src/eye.

A square of SHARE times the distance between the eyes, centred on one of them and turned
with the line through both, sampled at SIZE x SIZE places. Each is the mean of n x n
bilinear samples of the picture, n as many as pixels lie between two places.
"""

import math

import cv2
import numpy as np

SIZE = 32
SHARE = 0.62
# Samples along a side of a place, at most.
MOST = 8
# The network's input: numbers of eight bits in units of the crop's own deviation.
UNIT = 1 / 32


def taps(side: float) -> int:
    """n, for a square of `side` pixels."""
    return min(max(math.ceil(side / SIZE), 1), MOST)


def frame(centre: np.ndarray, along: np.ndarray, down: np.ndarray, n: int) -> np.ndarray:
    """The affine map from places (SIZE n x SIZE n, by index) to pixels (by index: the
    centre of pixel 0 is 0). `along` and `down` are the sides of the square."""
    step = np.stack([along, down], 1) / (SIZE * n)
    origin = centre - 0.5 - step @ np.full(2, SIZE * n / 2 - 0.5)
    return np.concatenate([step, origin[:, None]], 1)


def cut(pixels: np.ndarray, matrix: np.ndarray, n: int) -> np.ndarray:
    """SIZE x SIZE means, float; outside the picture its nearest pixel counts."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(pixels, matrix, (SIZE * n, SIZE * n), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return fine if n == 1 else cv2.resize(fine, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def eye(pixels: np.ndarray, eyes: np.ndarray, which: int, share: float = SHARE) -> np.ndarray:
    """The crop of one of two eyes [2, 2]: pixels of the picture, in which the centre of
    the first is (1/2, 1/2); the left of the picture first."""
    line = eyes[1] - eyes[0]
    along = line * share
    n = taps(float(np.hypot(*along)))
    return cut(pixels, frame(eyes[which], along, np.array([-along[1], along[0]]), n), n)


def normalise(crops: np.ndarray) -> np.ndarray:
    """Crops [n, SIZE, SIZE] of 0..255 less their mean over their deviation, as the
    network's eight bits hold it."""
    crops = np.clip(np.rint(crops), 0, 255).astype(np.float32)
    mean = crops.mean((1, 2), keepdims=True)
    deviation = np.maximum(crops.std((1, 2), keepdims=True), 1.0)
    return np.clip(np.rint((crops - mean) / deviation / UNIT), -128, 127).astype(np.float32) * UNIT
