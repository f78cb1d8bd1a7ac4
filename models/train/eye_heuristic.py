"""From patches of eyes to core/src/measure/eyes/weights.rs.

    python eye_heuristic.py [--data ../shared/data]

A logistic regression over oriented gradients and brightness on a grid, for devices that
have no room for a network. It is fitted to human labels (CEW) and to a teacher's (LFW),
and held against people whom it has never seen, and against a pack of another source.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from pathlib import Path

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import GroupShuffleSplit

REPOSITORY = Path(__file__).resolve().parents[2]
WEIGHTS = REPOSITORY / "core/src/measure/eyes/weights.rs"
SIDE = 32
# Side of the crop over the distance between the eyes, and that of each pack's patches.
FRAMING = 0.62
FRAMED = {"cew_train": 0.6, "lfw_teacher": 1.0}
GRID = 4
SECTORS = 8
# Copies of each patch, and what a pack's eyes weigh: a teacher is less sure than people.
COPIES = {"cew_train": 8, "lfw_teacher": 4}
WEIGHT = {"cew_train": 1.0, "lfw_teacher": 0.4}
# Inverse strength of the penalty on squared weights.
PENALTY = 1.0
# What is called open, or shut, must be so for so many of a hundred; what is in between
# is hidden.
OPEN_CALLED_SHUT = 0.02
SHUT_CALLED_OPEN = 0.03


def features(crops):
    """The numbers of core/src/measure/eyes: crops of N x 32 x 32 to N x 144."""
    x = crops.astype(np.int32)
    # Three by three binomial, at the rim with the nearest pixel, times 16.
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    smooth = rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]
    across = smooth[:, 1:-1, 2:] - smooth[:, 1:-1, :-2]
    down = smooth[:, 2:, 1:-1] - smooth[:, :-2, 1:-1]
    size_x, size_y = np.abs(across), np.abs(down)
    # Eight sectors of 45 degrees about the axes and the diagonals: 53/128 is the
    # tangent of 22.5 degrees.
    flat, steep = 128 * size_y < 53 * size_x, 128 * size_x < 53 * size_y
    sector = np.where(
        flat,
        np.where(across > 0, 0, 4),
        np.where(
            steep,
            np.where(down > 0, 2, 6),
            np.where(down > 0, np.where(across > 0, 1, 3), np.where(across > 0, 7, 5)),
        ),
    )
    length = np.maximum(size_x, size_y) + np.minimum(size_x, size_y) // 2
    total = length.sum((1, 2))
    at = np.arange(1, SIDE - 1) * GRID // SIDE
    cell = at[:, None] * GRID + at[None, :]
    sums = np.zeros((len(x), GRID * GRID * SECTORS))
    for index in range(GRID * GRID):
        here = length[:, cell == index], sector[:, cell == index]
        for s in range(SECTORS):
            sums[:, index * SECTORS + s] = np.where(here[1] == s, here[0], 0).sum(1)
    shares = np.sqrt(sums / np.maximum(total, 1)[:, None])
    blocks = x.reshape(len(x), GRID, SIDE // GRID, GRID, SIDE // GRID).sum((2, 4)).reshape(len(x), -1)
    means = blocks / (SIDE // GRID) ** 2
    mean = means.mean(1, keepdims=True)
    deviation = x.reshape(len(x), -1).std(1)
    level = (means - mean) / np.maximum(deviation, 1)[:, None]
    return np.concatenate([shares, level], 1), deviation


def crop(patch, framed, dx=0.0, dy=0.0, scale=1.0, roll=0.0, flip=False):
    """A crop as the device cuts it: shifts are parts of its side."""
    side = patch.shape[0] * FRAMING / framed * scale
    step = side / SIDE
    cos, sin = np.cos(roll) * step, np.sin(roll) * step
    middle = (patch.shape[0] - 1) / 2
    here = np.array([[cos, -sin], [sin, cos]])
    centre = np.array([middle + dx * side, middle + dy * side]) - here @ np.full(2, (SIDE - 1) / 2)
    matrix = np.concatenate([here, centre[:, None]], 1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(patch, matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return out[:, ::-1] if flip else out


def varied(patch, framed, random):
    out = crop(
        patch,
        framed,
        *random.normal(0, 0.05, 2),
        np.exp(random.normal(0, 0.09)),
        random.normal(0, 0.1),
        random.random() < 0.5,
    )
    if random.random() < 0.4:
        out = cv2.GaussianBlur(out, (0, 0), random.uniform(0.4, 1.6))
    level = out.astype(np.float32) * random.uniform(0.5, 1.3) + random.uniform(-20, 20)
    level += random.normal(0, random.uniform(0, 6), out.shape)
    return np.clip(np.rint(level), 0, 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=REPOSITORY / "../shared/data")
    folder = parser.parse_args().data / "eyes"
    random = np.random.default_rng(7)
    packs = {}
    for name, framed in FRAMED.items():
        pack = np.load(folder / f"{name}.npz")
        packs[name] = pack["image"], pack["label"].astype(int), pack["group"].astype(int), framed
    image, label, group, framed = packs["cew_train"]
    fit, held = next(GroupShuffleSplit(1, test_size=0.25, random_state=3).split(image, label, group))
    strangers = set(group[held].tolist())

    crops, labels, weights = [], [], []
    for name, (image_, label_, group_, framed_) in packs.items():
        if name == "cew_train":
            usable = fit
        else:
            usable = np.array([i for i, g in enumerate(group_) if g not in strangers])
        counts = np.bincount(label_[usable])
        for i in usable:
            crops += [varied(image_[i], framed_, random) for _ in range(COPIES[name])]
            labels += [label_[i]] * COPIES[name]
            weights += [WEIGHT[name] / counts[label_[i]] / COPIES[name]] * COPIES[name]
    x, _ = features(np.stack(crops))
    weights = np.array(weights) * len(weights) / np.sum(weights)
    model = LogisticRegression(C=PENALTY, max_iter=1000).fit(x, labels, sample_weight=weights)

    def judge(name, crops, labels):
        x, deviation = features(np.stack(crops))
        p = model.predict_proba(x)[:, 1]
        print(
            f"{name}: {len(labels)} eyes, ROC AUC {roc_auc_score(labels, p):.4f},"
            f" balanced accuracy {balanced_accuracy_score(labels, p > 0.5):.4f},"
            f" deviations of luma from {deviation.min():.1f}"
        )
        return p

    tested = {"held-apart CEW": ([crop(image[i], framed) for i in held], label[held])}
    teacher, answer, people, loose = packs["lfw_teacher"]
    apart = [i for i, g in enumerate(people) if g in strangers]
    tested["LFW of the same people"] = [crop(teacher[i], loose) for i in apart], answer[apart]
    kaggle = np.load(folder / "kaggle_drowsiness.npz")
    other = [cv2.resize(patch, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for patch in kaggle["image"]]
    tested["Kaggle, of loose framing"] = other, kaggle["label"].astype(int)
    jittered = [varied(image[i], framed, random) for i in held for _ in range(2)]
    tested["CEW, shifted, turned, soft"] = jittered, np.repeat(label[held], 2)
    answers = {name: (judge(name, *pack), pack[1]) for name, pack in tested.items()}

    # The band is set on what was fitted, seen anew, and told on what was not.
    p = model.predict_proba(x)[:, 1]
    labels = np.array(labels)
    shut = float(np.quantile(p[labels == 1], OPEN_CALLED_SHUT))
    opened = float(np.quantile(p[labels == 0], 1 - SHUT_CALLED_OPEN))
    print(f"shut up to {shut:.3f}, open from {opened:.3f}")
    for name, (p, truth) in answers.items():
        rates = [
            np.mean(f(p[truth == k])) for k in (0, 1) for f in (lambda q: q <= shut, lambda q: q >= opened)
        ]
        print(
            f"{name}: shut eyes {rates[0]:.3f} shut, {rates[1]:.3f} open;"
            f" open eyes {rates[2]:.3f} shut, {rates[3]:.3f} open; the rest hidden"
        )
    write(model, shut, opened)


def write(model, shut, opened):
    def table(values):
        rows = [values[i : i + 8] for i in range(0, len(values), 8)]
        return "\n".join("    " + ", ".join(f"{v:.3f}" for v in row) + "," for row in rows)

    shares, level = np.split(model.coef_[0], [GRID * GRID * SECTORS])
    WEIGHTS.write_text(f"""\
//! The weights of the eye heuristic.
//!
//! Written by models/train/eye_heuristic.py; do not edit. Fitted to patches of the packs
//! eyes/cew_train (labelled by people) and eyes/lfw_teacher (labelled by a network).

/// Log odds that an eye is open, of one that shows nothing.
pub(super) const OFFSET: f32 = {model.intercept_[0]:.3f};

/// For each cell of the grid, row by row, one for each sector.
#[rustfmt::skip]
pub(super) const BY_GRADIENT: [f32; {len(shares)}] = [
{table(shares)}
];

/// One for each cell's brightness.
#[rustfmt::skip]
pub(super) const BY_LEVEL: [f32; {len(level)}] = [
{table(level)}
];

/// An eye is shut up to the first probability that it is open, and open from the second
/// on.
pub(super) const BAND: (f32, f32) = ({shut:.3f}, {opened:.3f});
""")


if __name__ == "__main__":
    main()
