"""The rows that the models learn from: photographs, altered copies, renderings.

Every photograph draws from its own random numbers (set and scene), so that sets and
photographs may come and go without changing the others.
"""

import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

import optics
import packs
from cells import of_jpeg, of_picture
from features import features

# Weight of a row of each set in training. What was photographed as it is blurred
# teaches most; renderings of photographs that nobody labelled, least.
WEIGHTS = {
    "photograph": 1.0,
    "copy": 0.35,
    "varied": 0.3,
    "rendered": 0.5,
    "rendered other": 0.1,
    "large": 0.05,
    "hard": 0.1,
    "hard large": 0.1,
    "leaves": 0.1,
    "camera": 0.0,
}
LEAVES = 150
# Varied copies of each labelled photograph.
VARIED = 8


@dataclass
class Row:
    vector: np.ndarray
    blurred: bool
    scene: int
    set: str
    kind: str


class Rows(list):
    """Collects the rows of one photograph."""

    def __init__(self, set, scene):
        super().__init__()
        self.set, self.scene = set, scene

    def put(self, cells, blurred, kind, size=None):
        vector, _ = features(cells, size)
        self.append(Row(vector, bool(blurred), self.scene, self.set, kind))


def photograph(photo, rng):
    out = Rows("photograph", photo.scene)
    out.put(of_jpeg(photo.path), photo.blurred, "as it is")
    return out


def copy(photo, rng):
    """Turned; cut and graded; a little smaller; a little larger."""
    out = Rows("copy", photo.scene)
    out.put(of_jpeg(photo.path, transposed=True), photo.blurred, "turned")
    grey = packs.grey(photo.path)
    (height, width), (h, w) = grey.shape, rng.integers(420, 600, 2)
    y, x = rng.integers(0, max(1, height - h)), rng.integers(0, max(1, width - w))
    cut = optics.graded(grey[y : y + h, x : x + w], rng)
    out.put(of_picture(cut, rng.choice([90, 95])), photo.blurred, "cut")
    for kind, least, most, qualities in (
        ("smaller", 0.7, 0.95, [75, 85]),
        ("larger", 1.05, 1.3, [75, 85, 60]),
    ):
        other = optics.scaled(grey, rng.uniform(least, most), rng.uniform(0.9, 1.1))
        cells = of_picture(other, rng.choice(qualities), rng.integers(2) == 1)
        out.put(cells, photo.blurred, kind)
    return out


def varied(photo, rng):
    """Cut, scaled, graded, noisy, turned and mirrored."""
    out = Rows("varied", photo.scene)
    whole = packs.grey(photo.path)
    for _ in range(VARIED):
        factor = np.exp(rng.uniform(np.log(0.75), np.log(1.3)))
        grey = optics.scaled(whole, factor, np.exp(rng.uniform(-0.1, 0.1)))
        height, width = grey.shape
        h, w = (int(n * rng.uniform(0.6, 1)) for n in (height, width))
        y, x = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
        grey = optics.graded(grey[y : y + h, x : x + w], rng)
        if rng.random() < 0.3:
            grey = optics.noisy(grey, rng, rng.uniform(0.3, 2.5))
        if rng.random() < 0.5:
            grey = grey[:, ::-1]
        quality, turned = rng.choice([60, 75, 75, 85, 92]), rng.integers(2) == 1
        out.put(of_picture(grey, quality, turned), photo.blurred, "varied")
    return out


def rendered(photo, rng):
    """Sharp and blurred at about the photograph's own size."""
    out = Rows("rendered" if photo.pack == "blur" else "rendered other", photo.scene)
    whole = packs.grey(photo.path)
    for _ in range(5 if photo.pack == "blur" else 3):
        grey = optics.graded(whole, rng)
        factor = rng.choice([1, 1, 1, 0.75, 0.6, 0.87, 1.1])
        if factor != 1:
            grey = optics.scaled(grey, factor)
        quality, turned = rng.choice([75, 75, 75, 60, 85, 92, 50]), rng.integers(2) == 1
        out.put(of_picture(grey, quality, turned), False, "sharp")
        kernel, kind = optics.blur(rng, 6, 32, 1.7, 8)
        soft = optics.convolve(grey, kernel, optics.boost(rng, 2.5))
        if rng.random() < 0.5:
            soft = optics.noisy(soft, rng, rng.uniform(0.3, 2.5))
        out.put(of_picture(soft, quality, turned), True, kind)
    return out


def enlarged(grey, rng, least, most, side):
    """A part of the photograph, enlarged to at most `side` pixels."""
    factor = rng.uniform(least, most)
    height, width = grey.shape
    h, w = (int(min(n, side / factor)) for n in (height, width))
    y, x = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    how = rng.choice([cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_LINEAR])
    return cv2.resize(grey[y : y + h, x : x + w], None, fx=factor, fy=factor, interpolation=how)


def large(photo, rng):
    """As if cut from a frame of many megapixels."""
    out = Rows("large", photo.scene)
    grey = packs.grey(photo.path)
    for _ in range(2):
        part = optics.graded(enlarged(grey, rng, 1.1, 2.2, 1250), rng)
        size = round(128 * rng.uniform(1.4, 3.2))
        sigma, sharpening = rng.choice([0, 1, 2, 4, 6]), rng.choice([0, 0.4, 0.8, 1.2])
        quality, turned = rng.choice([80, 85, 90, 92, 95, 97, 98]), rng.integers(2) == 1

        def put(picture, blurred, kind):
            picture = optics.developed(picture, rng, sigma, sharpening)
            out.put(of_picture(picture, quality, turned), blurred, kind, size)

        put(part, False, "sharp")
        kernel, kind = optics.blur(rng, 10, 60, 3, 16)
        put(optics.convolve(part, kernel, optics.boost(rng, 2.5)), True, kind)
    return out


def hard(photo, rng, times=None, size=None, grey=None, set="hard"):
    """Moods, sharp and blurred; bokeh and panning, which are to be kept."""
    out = Rows(set, photo.scene)
    grey = packs.grey(photo.path) if grey is None else grey
    scale = 1.6 if size else 1.0
    for _ in range(times or (2 if photo.pack == "blur" else 1)):
        quality, turned = rng.choice([75, 85, 92, 95]), rng.integers(2) == 1
        sigma = rng.choice([0, 0, 1, 2, 3])
        mood = rng.choice(["lowkey", "highkey", "fog", "silhouette"])

        def put(picture, blurred, kind):
            picture = optics.noisy(picture, rng, sigma)
            out.put(of_picture(picture, quality, turned), blurred, kind, size)

        put(optics.mood(grey, rng, mood), False, mood)
        kernel, kind = optics.blur(rng, 8 * scale, 32 * scale, 2.2 * scale, 9 * scale)
        soft = optics.convolve(grey, kernel, optics.boost(rng, 2))
        put(optics.mood(soft, rng, mood), True, kind + " " + mood)
        subject = optics.spot(grey.shape, rng, 0.12, 0.45)
        kernel = optics.disk(rng.uniform(3, 14) * scale)
        behind = optics.convolve(grey, kernel, np.exp(rng.uniform(0, 2)))
        put(subject * grey + (1 - subject) * behind, False, "bokeh")
        behind = optics.convolve(grey, optics.streak(rng, rng.uniform(12, 50) * scale))
        subject = optics.spot(grey.shape, rng, 0.1, 0.35)
        put(subject * grey + (1 - subject) * behind, False, "panning")
    return out


def hard_large(photo, rng):
    part = enlarged(packs.grey(photo.path), rng, 1.2, 2.0, 1000)
    return hard(photo, rng, 1, round(128 * rng.uniform(0.6, 3)), part, "hard large")


def leaves(number, rng):
    out = Rows("leaves", 500_000 + number)
    height, width = [(480, 640), (640, 640), (768, 1024), (1000, 1000)][rng.integers(4)]
    grey, scale = optics.leaves(rng, height, width), height / 640
    quality, sigma = rng.choice([75, 85, 92]), rng.choice([0, 0, 1, 3])

    def put(picture, blurred, kind):
        out.put(of_picture(optics.noisy(picture, rng, sigma), quality), blurred, kind)

    put(grey, False, "sharp")
    kernel, kind = optics.blur(rng, 8 * scale, 32 * scale, 2.5 * scale, 9 * scale)
    put(optics.convolve(grey, kernel), True, kind)
    subject = optics.spot(grey.shape, rng, 0.12, 0.45)
    behind = optics.convolve(grey, optics.disk(rng.uniform(4, 14) * scale))
    put(subject * grey + (1 - subject) * behind, False, "bokeh")
    mood = rng.choice(["lowkey", "highkey", "fog", "silhouette"])
    put(optics.mood(grey, rng, mood), False, mood)
    return out


def camera(photo, rng):
    """The held-out check: a full-size file as it is and with what might go wrong.

    Lengths are those for a side of 4600 pixels.
    """
    out = Rows("camera", photo.scene)
    out.put(of_jpeg(photo.path), False, "as it is")
    grey = packs.grey(photo.path)
    half = optics.scaled(grey, 0.5)
    out.put(of_picture(half, 92), False, "half")
    out.put(of_picture(grey, 80), False, "quality 80")
    out.put(of_picture(grey, 92, transposed=True), False, "turned")
    scale = max(grey.shape) / 4600
    for radius in (4, 8):
        soft = optics.convolve(grey, optics.disk(radius * scale))
        out.put(of_picture(soft, 95), True, "disk")
        out.put(of_picture(optics.developed(soft, rng, 2.5, 0.6), 92), True, "disk developed")
    for length in (15, 25, 45):
        soft = optics.convolve(grey, optics.shake(rng, length * scale, True), 3)
        out.put(of_picture(soft, 95), True, "motion")
        if length == 25:
            out.put(of_picture(optics.developed(soft, rng, 2.5, 0.6), 92), True, "motion developed")
    out.put(of_picture(optics.convolve(half, optics.disk(3 * scale)), 92), True, "disk half")
    soft = optics.convolve(half, optics.shake(rng, 14 * scale, True), 3)
    out.put(of_picture(soft, 92), True, "motion half")
    return out


def make(task):
    seed, maker, what = task
    number = what if isinstance(what, int) else zlib.crc32(what.path.name.encode())
    cv2.setNumThreads(1)
    return maker(what, np.random.default_rng([seed, number]))


def tasks(data):
    labelled, others = packs.labelled(data), packs.others(data)
    sharp = [photo for photo in labelled if not photo.blurred]
    six, three = packs.at_most(sharp, 6, 5), packs.at_most(sharp, 3, 6)
    sets = [
        (0, photograph, labelled),
        (1, copy, labelled),
        (23, varied, labelled),
        (2, rendered, six + others),
        (3, large, six + others),
        (4, hard, three + others[::2]),
        (5, hard_large, three[::2] + others[::6]),
        (6, leaves, range(LEAVES)),
        (7, camera, packs.cameras(data)),
    ]
    return [(seed, maker, what) for seed, maker, whats in sets for what in whats]


def build(data, jobs):
    """All rows, in the order of `tasks`."""
    todo = tasks(data)
    if jobs == 1:
        done = [make(task) for task in todo]
    else:
        with ProcessPoolExecutor(jobs) as pool:
            done = list(pool.map(make, todo, chunksize=8))
    return [row for rows in done for row in rows]
