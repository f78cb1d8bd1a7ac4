"""What the score looks at besides the network: numbers of the view and its half.

The view is the luma of the whole picture as a screen shows it (500 to 1000 pixels; see
`inputs`). core/src/quality/measures.rs computes the same.

For both scales: the 152 features of the blur model, means and covariances of the cells'
15 band levels and luma. For the view: mean ring levels and luma of 3 x 3 zones. Of the
thumbnail: 31 numbers about light and colour.
"""

import cv2
import numpy as np
from scipy.fft import dctn

from cells import Cells, of_blocks
from features import OFFSETS, features

RINGS = [[0, 1, 10], [2, 3], [4, 5, 11], [6, 7, 12], [8, 9, 13], [14]]
ZONES = 3


def halved(plane: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 samples, rounded half up; an odd last row or column is left out."""
    h, w = (side // 2 * 2 for side in plane.shape)
    p = plane[:h, :w].astype(np.int32)
    return ((p[::2, ::2] + p[1::2, ::2] + p[::2, 1::2] + p[1::2, 1::2] + 2) >> 2).astype(np.uint8)


def cells_of(plane: np.ndarray) -> tuple[Cells, int]:
    """Cells of a plane of samples, which goes on beyond its edges with its last ones,
    and how many there are in a row."""
    h, w = plane.shape
    rows, columns = -(-h // 8), -(-w // 8)
    p = np.pad(plane, ((0, rows * 8 - h), (0, columns * 8 - w)), mode="edge").astype(np.float32) - 128
    blocks = p.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3)
    return of_blocks(np.rint(dctn(blocks, axes=(2, 3), norm="ortho")).astype(np.int32), (w, h)), columns // 4


def levels_of(cells: Cells) -> np.ndarray:
    """[cells, 16]: octaves of half power of each band, and luma in steps of 32."""
    return np.concatenate([(cells.codes.astype(np.float32) - OFFSETS) / 16,
                           (cells.means[:, None].astype(np.float32) - 128) / 32], 1)


def moments(levels: np.ndarray) -> np.ndarray:
    """Means, then the upper triangle of the covariances row by row."""
    mean = levels.mean(0)
    centred = levels - mean
    return np.concatenate([mean, (centred.T @ centred / len(levels))[np.triu_indices(levels.shape[1])]])


def zones(levels: np.ndarray, columns: int) -> np.ndarray:
    grid = levels.reshape(-1, columns, levels.shape[1])
    kinds = np.stack([grid[..., ring].mean(-1) for ring in RINGS] + [grid[..., 15]], -1)
    ys = [grid.shape[0] * i // ZONES for i in range(ZONES + 1)]
    xs = [columns * i // ZONES for i in range(ZONES + 1)]
    return np.concatenate([kinds[ys[a] : ys[a + 1], xs[b] : xs[b + 1]].mean((0, 1))
                           for a in range(ZONES) for b in range(ZONES)])


def colour(thumbnail: np.ndarray) -> np.ndarray:
    """`thumbnail`: [h, w, 3] Y, Cb, Cr."""
    y, cb, cr = (thumbnail[..., i].astype(np.float32) for i in range(3))
    cb, cr = cb - 128, cr - 128
    saturation = np.sqrt(cb * cb + cr * cr)
    safe = np.maximum(saturation, 1e-3)
    c1, s1 = cb / safe, cr / safe
    c2, s2 = c1 * c1 - s1 * s1, 2 * c1 * s1
    c3, s3 = c1 * c2 - s1 * s2, s1 * c2 + c1 * s2
    values = [cb.mean(), cr.mean(), cb.std(), cr.std()]
    values += [percentile(saturation, p) for p in (5, 25, 50, 75, 95)]
    values += [saturation.mean(), saturation.std()]
    values += [(saturation * c).mean() for c in (c1, c2, c3)] + [(saturation * s).mean() for s in (s1, s2, s3)]
    values += [y.mean(), y.std()] + [percentile(y, p) for p in (1, 5, 25, 50, 75, 95, 99)]
    z = (y - y.mean()) / (y.std() + 1)
    values += [(z**3).mean(), (z**4).mean()]
    h, w = y.shape
    inner = (slice(h // 4, h - h // 4), slice(w // 4, w - w // 4))
    values += [y[inner].mean() - y.mean(), y[inner].std() - y.std(), saturation[inner].mean() - saturation.mean()]
    return np.array(values, np.float32)


def percentile(values: np.ndarray, percent: int) -> int:
    """The least whole level that at least `percent` % of all do not exceed when cut to
    whole levels."""
    counts = np.bincount(np.minimum(values, 255).astype(np.int64).ravel(), minlength=256).cumsum()
    rank = max(1, -(-percent * int(counts[-1]) // 100))
    return int(np.searchsorted(counts, rank))


def measures(luma: np.ndarray, thumbnail: np.ndarray) -> np.ndarray:
    """`luma`: the view."""
    parts = []
    for scale, plane in enumerate((luma, halved(luma))):
        cells, columns = cells_of(plane)
        levels = levels_of(cells)
        parts += [features(cells)[0][:152].astype(np.float32), moments(levels)]
        if scale == 0:
            parts.append(zones(levels, columns))
    return np.concatenate(parts + [colour(thumbnail)]).astype(np.float32)
