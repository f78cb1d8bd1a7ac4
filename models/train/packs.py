"""The photographs that the models learn from, and those they are held against."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

# Charts and graphics among the photographs of exposure/normal.
CHARTS = {11, 28, 41, 42, 43, 44, 45, 46, 47, 48, 49}
# Mean opinion score from which a photograph of quality/clive is taken for sharp.
LEAST_SCORE = 72
# Two photographs this much alike at 16 x 16 pixels show one place.
SAME_PLACE = 0.8


@dataclass
class Photograph:
    path: Path
    scene: int
    pack: str
    blurred: bool = False


def rows(data, manifest):
    with open(data / manifest, newline="") as lines:
        return list(csv.DictReader(lines))


def labelled(data):
    """data/blur, with the scene numbers of look-alike clusters merged."""
    found = rows(data, "blur.csv")
    scenes = merged([data / row["file"] for row in found], [int(row["scene"]) for row in found])
    return [
        Photograph(data / row["file"], scene, "blur", row["blur"] == "1")
        for row, scene in zip(found, scenes)
    ]


def others(data):
    """Photographs of other packs that are taken for sharp."""
    normal = [row for row in rows(data, "exposure.csv") if row["label"] == "normal"]
    normal = [row for row in normal if int(row["scene"][-3:]) not in CHARTS]
    liked = [r for r in rows(data, "quality/clive.csv") if float(r["mos"]) > LEAST_SCORE]
    return [
        Photograph(data / row["file"], 100_000 + i, "exposure") for i, row in enumerate(normal)
    ] + [Photograph(data / row["file"], 200_000 + i, "clive") for i, row in enumerate(liked)]


def cameras(data):
    """Full-size files straight from cameras: never trained on."""
    return [
        Photograph(data / row["file"], 400_000 + i, "camera")
        for i, row in enumerate(rows(data, "camera.csv"))
    ]


def merged(paths, scenes):
    """Scene numbers after clusters with photographs of one place were united."""
    tiny = np.array([small(path) for path in paths])
    alike = np.full((len(tiny), len(tiny)), -1.0)
    for dy in range(-2, 3):
        for dx in range(-2, 3):
            ours = tiny[:, max(0, dy) : 16 + min(0, dy), max(0, dx) : 16 + min(0, dx)]
            theirs = tiny[:, max(0, -dy) : 16 + min(0, -dy), max(0, -dx) : 16 + min(0, -dx)]
            a, b = (x.reshape(len(tiny), -1) for x in (ours, theirs))
            a, b = (x - x.mean(1, keepdims=True) for x in (a, b))
            a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
            alike = np.maximum(alike, a @ b.T)
    parent = {scene: scene for scene in scenes}

    def root(scene):
        while parent[scene] != scene:
            scene = parent[scene]
        return scene

    for i, j in np.argwhere(np.maximum(alike, alike.T) > SAME_PLACE):
        a, b = root(scenes[i]), root(scenes[j])
        if a != b:
            parent[a] = b
    return [root(scene) for scene in scenes]


def small(path):
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB").resize((16, 16), Image.BOX), np.float32)
        return pixels - pixels.mean((0, 1))


def grey(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), np.float32)


def at_most(photographs, count, seed):
    """At most `count` photographs of a scene, drawn at random."""
    taken, chosen = {}, []
    for i in np.random.default_rng(seed).permutation(len(photographs)):
        scene = photographs[i].scene
        if taken.get(scene, 0) < count:
            taken[scene] = taken.get(scene, 0) + 1
            chosen.append(photographs[i])
    return chosen
