"""What the network sees of a photograph: the view, the thumbnail, the patches.

core/src/quality/inputs.rs makes the same of a JPEG's own planes.
"""

from pathlib import Path

import cv2
import numpy as np

# Width and height of the thumbnail: that whose proportions are nearest.
THUMBNAILS = ((144, 128), (160, 112), (192, 96), (128, 144), (112, 160), (96, 192))
PATCH = 64
# A picture is reduced by two until its longer side is at most this: the view.
VIEW = 1000


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    def distance(size):
        a, b = width * size[1], height * size[0]
        return max(a, b) / min(a, b)

    return min(THUMBNAILS, key=distance)


def area(plane: np.ndarray, width: int, height: int) -> np.ndarray:
    """The plane made smaller (or larger) by the mean over the area of each sample."""
    def weights(of: int, to: int) -> np.ndarray:
        edges = np.arange(to + 1) * (of / to)
        reach = np.minimum(edges[1:, None], np.arange(of) + 1) - np.maximum(edges[:-1, None], np.arange(of))
        return np.maximum(reach, 0) * (to / of)

    h, w = plane.shape
    result = weights(h, height) @ plane.astype(np.float64) @ weights(w, width).T
    return np.floor(result + 0.5).astype(np.uint8)


def read(path: Path) -> np.ndarray:
    """Y, Cb and Cr of a file, [h, w, 3]."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb)[..., [0, 2, 1]]


def view(ycc: np.ndarray) -> np.ndarray:
    factor = 1
    while max(ycc.shape[:2]) > VIEW * factor and factor < 8:
        factor *= 2
    if factor == 1:
        return ycc
    h, w = (-(-side // factor) for side in ycc.shape[:2])
    return cv2.resize(ycc, (w, h), interpolation=cv2.INTER_AREA)


def thumbnail(ycc: np.ndarray) -> np.ndarray:
    h, w = ycc.shape[:2]
    size = thumbnail_size(w, h)
    return np.stack([area(ycc[..., i], *size) for i in range(3)], -1)


def sharpest(luma: np.ndarray) -> tuple[int, int]:
    """Left and top of the patch with most detail, on a grid of half a patch."""
    detail = np.abs(cv2.Laplacian(luma.astype(np.float32), cv2.CV_32F))
    means = cv2.boxFilter(detail, -1, (PATCH, PATCH), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    h, w = luma.shape
    means = means[: max(h - PATCH, 0) + 1 : PATCH // 2, : max(w - PATCH, 0) + 1 : PATCH // 2]
    y, x = np.unravel_index(int(means.argmax()), means.shape)
    return int(x) * (PATCH // 2), int(y) * (PATCH // 2)
