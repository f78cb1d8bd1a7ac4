"""From the photographs to core/src/measure/exposure/weights.rs.

    python exposure.py [--data ../shared/data] [--check dump.csv]

Two logistic regressions over a few numbers with a physical meaning. They are
validated by scene (a pair of MEFB is a scene) and held against what they never see:
exposure brackets, and photographs pulled up and down in linear light. `dump.csv` is
what `edgecull eval exposure.csv --task exposure --features dump.csv` writes.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import csv
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import jpeglib
import numpy as np
import packs
from cells import of_jpeg
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

REPOSITORY = Path(__file__).resolve().parents[2]
WEIGHTS = REPOSITORY / "core/src/measure/exposure/weights.rs"
# Charts and graphics among exposure/normal, found by looking at all of them.
CHARTS = {f"cid22_{number:03}" for number in (11, 28, 40, 41, 42, 43, 44, 45, 46, 47)}
UNDER = ["detail", "contrast", "brightness"]
OVER = ["blown", "lost", "white", "detail", "centre", "shadows"]
# Inverse strength of the penalty on squared weights (of standardised numbers).
PENALTY = {"under": 0.3, "over": 1.0}
LIKED = 65
SEEDS = (0, 1, 2, 3)
# Parts of 256 that red, green and blue have in luma (ITU-R BT.601).
LUMA = np.array([77, 150, 29])
# Weights in 64 steps from one side to the other.
BELL = np.rint(256 * np.exp(-8 * ((np.arange(64) + 0.5) / 64 - 0.5) ** 2)).astype(int)


def octaves(levels):
    return np.log2(levels + 4.0)


def along(places, length, steps):
    """In which of `steps` steps of `length` each place lies."""
    return np.minimum(places * steps // length, steps - 1)


def measure(path):
    """The numbers of UNDER and OVER, as core/src/measure/exposure computes them,
    and what its guards look at: the level of a lamp, the 5th percentile, the mean."""
    image = jpeglib.read_dct(str(path))
    height, width = -(-image.height // 8), -(-image.width // 8)
    means = [plane(image, at) for at in range(3 if image.Cb is not None else 1)]
    luma = means[0][:height, :width]
    if image.Cb is None:
        means += [np.full((1, 1), 128)] * 2
    chroma = []
    for grid in means[1:]:
        # The file may hold padding up to a whole MCU.
        down, across = (max(1, round(a / b)) for a, b in zip(means[0].shape, grid.shape))
        rows, columns = -(-(-(-image.height // down)) // 8), -(-(-(-image.width // across)) // 8)
        chroma.append(grid[:rows, :columns] - 128)

    def channels(level, down, across):
        cb, cr = (
            grid[np.ix_(down(grid.shape[0]), across(grid.shape[1]))] for grid in chroma
        )
        red, green = level + (cr * 359 >> 8), level - (cb * 88 + cr * 183 >> 8)
        return np.stack([red, green, level + (cb * 454 >> 8)])

    down, across = np.arange(height), np.arange(width)
    weights = np.outer(BELL[along(down, height, 64)], BELL[along(across, width, 64)])
    rgb = channels(
        luma,
        lambda samples: along(down, height, samples),
        lambda samples: along(across, width, samples),
    )
    # More than half of the luma is of channels that can hold no more.
    parts = LUMA[:, None, None] * np.maximum(rgb, 0)
    lost = 2 * (parts * (rgb >= 250)).sum(0) > parts.sum(0)

    def root(marks, weights):
        return np.sqrt((weights * marks).sum() / weights.sum())

    cells = of_jpeg(path)
    columns = width // 4
    codes = cells.codes.reshape(-1, columns, 15).astype(int)
    mean = cells.means.reshape(-1, columns).astype(int)
    rows = mean.shape[0]
    pitch = -(-height // rows)
    light = np.rint(16 * np.log2(np.arange(256) + 4.0)).astype(int)[mean]
    contrast = np.clip(codes[..., :2].max(-1) - light + 32, 1, 64)
    # Cells by the pixels in their middle.
    down, across = np.arange(rows) * 8 * pitch + 4, np.arange(columns) * 32 + 16
    middle = np.outer(
        BELL[along(down, image.height, 64)], BELL[along(across, image.width, 64)]
    )
    most = channels(
        mean,
        lambda samples: along(down, image.height, samples),
        lambda samples: along(across, image.width, samples),
    ).max(0)
    ordered = np.sort(luma.ravel())

    def percentile(percent):
        return ordered[max(1, -(-percent * ordered.size // 100)) - 1]

    numbers = {
        "detail": (middle * contrast * light).sum() / (middle * contrast).sum() / 16,
        "contrast": contrast.mean() / 64,
        "brightness": (middle * np.clip(most, 0, 255)).sum() / middle.sum() / 255,
        "blown": root(luma >= 248, weights),
        "lost": root(lost, weights),
        "white": root(rgb.min(0) >= 245, np.ones_like(weights)),
        "centre": (weights * octaves(luma)).sum() / weights.sum(),
        "shadows": octaves(percentile(25)),
    }
    lamp = ordered[-max(1, ordered.size // 2000)]
    return numbers, (lamp, percentile(5), luma.mean())


def plane(image, at):
    """Means of the blocks of a component."""
    blocks = (image.Y, image.Cb, image.Cr)[at]
    step = int(image.qt[image.quant_tbl_no[at]][0, 0])
    return np.clip((blocks[:, :, 0, 0].astype(int) * step + 4 >> 3) + 128, 0, 255)


def pulled(path, stops, folder):
    """A photograph as if exposed longer: in linear light (sRGB), then clipped."""
    levels = np.arange(256) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    light = np.clip(linear[cv2.imread(str(path))] * 2.0**stops, 0, 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    out = Path(folder) / "pulled.jpg"
    cv2.imwrite(str(out), np.rint(255 * coded).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return out


@dataclass
class Rows:
    numbers: list = field(default_factory=list)
    guards: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    scenes: list = field(default_factory=list)
    stops: list = field(default_factory=list)

    def add(self, path, label, scene, stops=0.0):
        numbers, guards = measure(path)
        self.numbers.append(numbers)
        self.guards.append(guards)
        self.labels.append(label)
        self.scenes.append(scene)
        self.stops.append(stops)

    def table(self, names):
        return np.array([[row[name] for name in names] for row in self.numbers])

    def of(self, label):
        return np.array([found == label for found in self.labels])


def read(data):
    labelled, others, brackets, pulls = Rows(), Rows(), Rows(), Rows()
    bases = []
    for row in packs.rows(data, "exposure.csv"):
        labelled.add(data / row["file"], row["label"], row["scene"])
        if row["label"] == "normal" and row["scene"] not in CHARTS:
            bases.append(data / row["file"])
    sharp = [photo for photo in packs.labelled(data) if not photo.blurred]
    for photo in sharp:
        others.add(photo.path, "blur", f"blur {photo.scene}")
    liked = [r for r in packs.rows(data, "quality/clive.csv") if float(r["mos"]) > LIKED]
    for row in liked:
        others.add(data / row["file"], "clive", row["file"])
    for row in packs.rows(data, "bursts.csv"):
        if row["group"].startswith("hdr"):
            seconds = row["note"].rpartition("(s) ")[2] if "(s) " in row["note"] else "nan"
            stops = np.log2(float(seconds))
            brackets.add(data / row["file"], "hdr", row["group"], stops)
    bases += [photo.path for photo in packs.at_most(sharp, 1, 6)]
    bases += [data / row["file"] for row in liked[::6]]
    with tempfile.TemporaryDirectory() as folder:
        for base in bases:
            for stops in (-4, -3, -1, 0, 1, 3, 4):
                pulls.add(pulled(base, stops, folder), base.parent.name, base.name, stops)
    return labelled, others, brackets, pulls


def others_weights(others):
    """A tenth each, less where there are many of one place."""
    counts = {scene: others.scenes.count(scene) for scene in set(others.scenes)}
    return np.array([0.1 / np.sqrt(counts[scene]) for scene in others.scenes])


def fit(label, names, labelled, others, train):
    x = np.concatenate([labelled.table(names)[train], others.table(names)])
    y = np.concatenate([labelled.of(label)[train], np.zeros(len(others.labels), bool)])
    weights = np.concatenate([np.ones(train.sum()), others_weights(others)])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY[label]))
    model.fit(x, y, logisticregression__sample_weight=weights)
    scale = model[0].scale_
    slopes = model[1].coef_[0] / scale
    return np.concatenate([[model[1].intercept_[0] - (slopes * model[0].mean_).sum()], slopes])


def log_odds(weights, table):
    return weights[0] + table @ weights[1:]


def by_scene(label, names, labelled, others):
    """Log odds of each labelled photograph by models that saw none of its scene,
    a row for each seed."""
    table = labelled.table(names)
    out = np.zeros((len(SEEDS), len(table)))
    for at, seed in enumerate(SEEDS):
        folds = StratifiedGroupKFold(8, shuffle=True, random_state=seed)
        for train, test in folds.split(table, labelled.labels, labelled.scenes):
            chosen = np.zeros(len(table), bool)
            chosen[train] = True
            weights = fit(label, names, labelled, others, chosen)
            out[at, test] = log_odds(weights, table[test])
    return out


def interval(truth, odds, scenes):
    """95 % of the AUCs of shoots of the same number of scenes."""
    rng, names = np.random.default_rng(0), sorted(set(scenes))
    of_scene = [np.flatnonzero(np.array(scenes) == name) for name in names]
    drawn = []
    for _ in range(1000):
        rows = np.concatenate([of_scene[i] for i in rng.integers(0, len(names), len(names))])
        drawn.append(roc_auc_score(truth[rows], odds[rows]))
    return np.percentile(drawn, [2.5, 97.5])


def of_brackets(sign, odds, brackets):
    """Three stops and more from the best frame against those at most one away."""
    stops, mean = np.array(brackets.stops), np.array([guards[2] for guards in brackets.guards])
    wrong, right = [], []
    for scene in sorted(set(brackets.scenes)):
        rows = np.flatnonzero(np.array(brackets.scenes) == scene)
        best = rows[np.argmin(np.abs(mean[rows] - 107))]
        away = sign * (stops[rows] - stops[best])
        wrong += list(odds[rows[away > 2.9]])
        right += list(odds[rows[away < 1.1]])
    return roc_auc_score([1] * len(wrong) + [0] * len(right), wrong + right)


def report(label, names, labelled, others, brackets, pulls):
    truth = labelled.of(label)
    photographs = np.array([scene not in CHARTS for scene in labelled.scenes])
    found = by_scene(label, names, labelled, others)
    print(f"{label}: {', '.join(names)}")
    for title, rows in [("all", np.full(len(truth), True)), ("photographs", photographs)]:
        each = [roc_auc_score(truth[rows], odds[rows]) for odds in found]
        odds = found.mean(0)
        scenes = [scene for scene, row in zip(labelled.scenes, rows) if row]
        low, high = interval(truth[rows], odds[rows], scenes)
        auc = roc_auc_score(truth[rows], odds[rows])
        seeds = " ".join(f"{value:.4f}" for value in each)
        print(f"  by scene, {title}: AUC {auc:.4f} [{low:.3f} {high:.3f}], by seed {seeds}")
    weights = fit(label, names, labelled, others, np.full(len(truth), True))
    shipped = log_odds(weights, labelled.table(names))
    print(f"  in sample: AUC {roc_auc_score(truth, shipped):.4f}")
    sign = -1 if label == "under" else 1
    beyond = log_odds(weights, brackets.table(names))
    print(f"  brackets, never seen: AUC {of_brackets(sign, beyond, brackets):.4f}")
    away, odds = sign * np.array(pulls.stops), log_odds(weights, pulls.table(names))
    for pack in sorted(set(pulls.labels)):
        rows = pulls.of(pack) & ((away >= 3) | (np.abs(away) <= 1))
        print(f"  pulled 3 and 4 stops, {pack}: AUC {roc_auc_score(away[rows] >= 3, odds[rows]):.4f}")
    good = log_odds(weights, others.table(names))
    for pack in ("blur", "clive"):
        odds = np.sort(good[others.of(pack)])[::-1]
        print(f"  largest log odds of good photographs, {pack}: {odds[:6].round(2)}")
    return weights


def doubted(odds, doubt, left):
    """core/src/measure/exposure: what is left where intent is likely."""
    return odds - np.maximum(odds - 2, 0) * np.clip(doubt, 0, 1) * (1 - left)


def check(data, dump):
    """Compares probabilities with those of the Rust code, for each file."""
    numbers = []
    for line in WEIGHTS.read_text().splitlines():
        if line.startswith("pub(super) const"):
            numbers.append(np.array(eval(line.partition("= ")[2].rstrip(";"))))
    worst = 0.0
    with open(dump, newline="") as lines:
        for row in csv.DictReader(lines):
            values, (lamp, dark, _) = measure(data / row["file"])
            under, over = (
                log_odds(weights, np.array([values[name] for name in names]))
                for weights, names in zip(numbers, (UNDER, OVER))
            )
            under = doubted(under, (lamp - 50) / 40, 0.1)
            over = doubted(over, (180 - dark) / 20, 0.6)
            for ours, column in ((under, "f_under"), (over, "f_over")):
                off = abs(1 / (1 + np.exp(-ours)) - float(row[column]))
                worst = max(worst, off)
                if off > 0.002:
                    print(f"{row['file']}: {column[2:]} is off by {off:.4f}")
    print(f"the most that a probability is off: {worst:.5f}")


def write(models):
    about = {
        "UNDER": "Unusably dark, log odds",
        "OVER": "Unusably bright, log odds",
    }
    lines = [
        "//! The weights of the models of exposure.",
        "//!",
        "//! Written by models/train/exposure.py; do not edit. Trained on photographs of the",
        "//! packs exposure, blur and quality/clive.",
    ]
    for (label, names), weights in models.items():
        name = label.upper()
        terms = "; ".join(["offset", *names])
        lines += ["", f"/// {about[name]}: {terms}."]
        values = ", ".join(f"{weight:.4f}" for weight in weights)
        lines.append(f"pub(super) const {name}: [f32; {len(weights)}] = [{values}];")
    WEIGHTS.parent.mkdir(exist_ok=True)
    WEIGHTS.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    default = os.environ.get("EDGECULL_DATA", REPOSITORY / "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--check", type=Path, help="compare with the numbers of the Rust code")
    arguments = parser.parse_args()
    if arguments.check:
        return check(arguments.data, arguments.check)
    sets = read(arguments.data)
    models = {}
    for label, names in (("under", UNDER), ("over", OVER)):
        models[label, tuple(names)] = report(label, names, *sets)
    write(models)
    print(f"written: {WEIGHTS}")


if __name__ == "__main__":
    main()
