"""The features of the blur and motion models: 153 integers that fit 16 bits.

core/src/measure/features.rs computes the same; blur.py --check compares the two.
Levels and slopes count eighths of an octave of power; percentiles are given 16
times, and so are means, rounded half up.
"""

import numpy as np

# Code of a band whose coefficients are all of size 1: round(8 * log2(4 * n)).
OFFSETS = np.array([24, 24, 24, 24, 32, 32, 37, 37, 32, 32, 16, 32, 40, 32, 43])
# Bands of each ring, and what makes their sum count 48ths of an octave.
RINGS = [[0, 1, 10], [2, 3], [4, 5, 11], [6, 7, 12], [8, 9, 13], [14]]
WEIGHTS = [2, 3, 2, 2, 2, 6]
# Whitening: 96 * log2(f) for mean frequencies f of 1.55 2.65 3.85 5.78 7.15 8.6.
WHITENING = np.array([61, 135, 187, 243, 273, 298])


def percentile(values, percent):
    """The least value that at least `percent` % of all, and one, do not exceed."""
    rank = max(1, -(-percent * len(values) // 100))
    return int(np.partition(values, rank - 1)[rank - 1])


def top(key, percent):
    """The cells with the largest keys; all that tie with the last one too."""
    count = max(1, percent * len(key) // 100)
    return key >= np.partition(key, len(key) - count)[len(key) - count]


def mean16(columns):
    n = len(columns)
    return [int((32 * int(total) + n) // (2 * n)) for total in columns.sum(0)]


def size_code(width, height):
    """128ths of an octave of the side, from 640 pixels."""
    return int(np.clip(round(128 * np.log2(np.sqrt(width * height) / 640)), 0, 410))


def features(cells, size=None):
    """The vector and its names. `size`: the size code, if not the frame's own."""
    level = cells.codes.astype(np.int64) - OFFSETS
    rings = np.stack([w * level[:, r].sum(1) for r, w in zip(RINGS, WEIGHTS)], 1)
    rings = (rings + WHITENING) // 6
    values, names = [], []

    def add(name, numbers):
        values.extend(int(number) for number in numbers)
        names.extend(f"{name}_{i}" for i in range(len(numbers)))

    def percentiles16(columns, percent):
        return [16 * percentile(column, percent) for column in columns.T]

    for ring in (0, 1, 2):
        percents = (5, 10, 25, 50, 75, 90, 95, 98)
        add(f"level{ring}", [16 * percentile(rings[:, ring], p) for p in percents])
    for share in (2, 8, 25):
        chosen = rings[top(rings[:, 0], share)]
        slopes = chosen[:, 1:] - chosen[:, :1]
        add(f"slope{share}m", mean16(slopes))
        for p in (10, 50, 90, 97) if share == 25 else (10, 50, 90):
            add(f"slope{share}p{p}", percentiles16(slopes, p))
    for share in (10, 25):
        percents = (90, 10, 97) if share == 25 else (90, 10)
        both = []
        for directed in (level[:, 0:10:2], level[:, 1:10:2]):
            chosen = directed[top(directed[:, 0], share)]
            slopes = chosen[:, 1:] - chosen[:, :1]
            both.append([mean16(slopes)] + [percentiles16(slopes, p) for p in percents])
        for name, a, b in zip(["m"] + [f"p{p}" for p in percents], *both):
            add(f"softer{share}{name}", np.minimum(a, b))
            add(f"sharper{share}{name}", np.maximum(a, b))
    luma = cells.means.astype(np.int64)
    add("luma", [16 * percentile(luma, p) for p in (5, 25, 50, 75, 95)])
    add("dark", [1024 * int((luma < 16).sum()) // len(luma)])
    add("bright", [1024 * int((luma > 240).sum()) // len(luma)])
    add("size", [size_code(*cells.size) if size is None else size])
    return np.array(values, np.int32), names
