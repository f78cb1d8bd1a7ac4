#!/usr/bin/env python3
"""Trains the blur and motion models and writes core/src/measure/blur_model.rs.

    python blur.py                     everything, from the photographs
    python blur.py --rows rows.npz     the same, with the rows of an earlier run
    python blur.py --check dump.csv    compares the Rust features with these

The data folder is ../shared/data beside the repository, or EDGECULL_DATA.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import csv
from pathlib import Path

import lightgbm as lgb
import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

import packs
import rust
from cells import of_jpeg
from features import features
from renderings import WEIGHTS, build

ROOT = Path(__file__).resolve().parents[2]
SCALE = 1024  # leaves are in 1 / SCALE log odds
SETTINGS = dict(
    learning_rate=0.06,
    max_depth=3,
    num_leaves=8,
    subsample=0.7,
    subsample_freq=1,
    colsample_bytree=0.2,
    min_child_samples=20,
    reg_lambda=1.0,
    n_jobs=1,
    verbose=-1,
    deterministic=True,
    force_row_wise=True,
)
BLUR_TREES, MOTION_TREES = 500, 150
SIZE = 152  # index of the feature 'size'
SEEDS = (1, 2, 3, 4, 5)  # the form of the model was chosen with others
# Camera files that show nothing to judge by: a black frame, the moon in a black sky.
EMPTY = (400_000, 400_003)


def fit(x, y, weights=None, trees=BLUR_TREES, seed=0):
    model = lgb.LGBMClassifier(n_estimators=trees, random_state=seed, **SETTINGS)
    return rust.trees(model.fit(x, y, sample_weight=weights), SCALE)


def fit_blur(rows, used, seed=0):
    """The last feature, the size of the frame, stays out: the labelled photographs are
    all of one size, so that the model could only learn how larger ones were rendered."""
    x, y, weight = rows["x"][used, :SIZE], rows["blurred"][used], rows["weight"][used]
    return fit(x, y, weight, seed=seed)


def recall(y, score, alarms):
    """Share of the blurred found where `alarms` of the sharp are taken for blurred."""
    limit = np.sort(score[y == 0])[::-1][int(np.floor(alarms * (y == 0).sum()))]
    return float((score[y == 1] > limit).mean())


def interval(y, score, scenes, figure):
    """95 % by drawing scenes."""
    rng, unique = np.random.default_rng(0), np.unique(scenes)
    of = {scene: np.flatnonzero(scenes == scene) for scene in unique}
    draws = []
    for _ in range(500):
        drawn = np.concatenate([of[scene] for scene in rng.choice(unique, len(unique))])
        if 0 < y[drawn].sum() < len(drawn):
            draws.append(figure(y[drawn], score[drawn]))
    return np.percentile(draws, [2.5, 97.5])


FIGURES = {
    "ROC AUC": roc_auc_score,
    "recall at 5 %": lambda y, s: recall(y, s, 0.05),
    "recall at 1 %": lambda y, s: recall(y, s, 0.01),
    "log odds > 1, sharp flagged": lambda y, s: (s[y == 0] > 1).mean(),
    "log odds > 1, blurred found": lambda y, s: (s[y == 1] > 1).mean(),
}


def figures(y, score):
    return [figure(y, score) for figure in FIGURES.values()]


def report(title, y, score, scenes):
    print(title)
    for name, figure in FIGURES.items():
        low, high = interval(y, score, scenes, figure)
        print(f"  {name}: {figure(y, score):.4f} [{low:.4f} {high:.4f}]")
    for limit in (-0.5, 0, 0.5, 1, 1.5, 2, 3):
        flagged, found = (score[y == 0] > limit).mean(), (score[y == 1] > limit).mean()
        print(f"  log odds > {limit}: sharp flagged {flagged:.4f}, blurred found {found:.3f}")


def folds(count, seed, y, scenes):
    split = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    return split.split(y, y, scenes)


def folds_of_labelled(count, seed, rows):
    """The same by the labelled photographs alone, so that neither the sets of rows nor
    their number decide which places are tested together."""
    real = np.flatnonzero(rows["set"] == "photograph")
    scenes = rows["scene"]
    for _, test in folds(count, seed, rows["blurred"][real], scenes[real]):
        tested = np.isin(scenes, scenes[real][test])
        yield ~tested, tested


def cross_validate(rows):
    """Figures for scenes that no row of training shows, whatever was made of it."""
    x, y, scenes = rows["x"], rows["blurred"], rows["scene"]
    real = rows["set"] == "photograph"
    scores, singles = np.zeros(len(y)), []
    for seed in SEEDS:
        score = np.full(len(y), np.nan)
        for train, test in folds_of_labelled(8, seed, rows):
            train &= rows["weight"] > 0
            table = fit_blur(rows, train, seed)
            score[test] = rust.evaluate(table, x[test]) / SCALE
        report(f"data/blur by scene, one model, seed {seed}", y[real], score[real], scenes[real])
        singles.append(figures(y[real], score[real]))
        scores += score / len(SEEDS)
    print(f"data/blur by scene, mean of {len(SEEDS)} seeds")
    for name, of in zip(FIGURES, zip(*singles)):
        print(f"  {name}: {np.mean(of):.4f}, from {min(of):.4f} to {max(of):.4f}")
    for kind in ("bokeh", "panning", "lowkey", "highkey", "fog", "silhouette"):
        of = (rows["kind"] == kind) & ~y & ~np.isnan(scores)
        shares = ", ".join(f"> {t}: {(scores[of] > t).mean():.3f}" for t in (0, 1, 2, 3))
        print(f"  rendered {kind}, to be kept, flagged at log odds {shares}")
    pairs = [
        scores[real & (scenes == s) & y][:, None] > scores[real & (scenes == s) & ~y]
        for s in np.unique(scenes[real])
    ]
    print(f"  pairs of one scene: {sum(p.sum() for p in pairs)} of {sum(p.size for p in pairs)}")


def motion_rows(rows):
    moved = np.char.startswith(rows["kind"], "motion")
    defocused = np.char.startswith(rows["kind"], "disk")
    return rows["blurred"] & (moved | defocused) & (rows["weight"] > 0), moved


def train(rows, validate):
    x, y, weight = rows["x"], rows["blurred"], rows["weight"]
    asked, moved = motion_rows(rows)
    if validate:
        cross_validate(rows)
        score = np.zeros(asked.sum())
        mx, my, scenes = x[asked], moved[asked], rows["scene"][asked]
        for inside, outside in folds(5, 0, my, scenes):
            table = fit(mx[inside], my[inside], trees=MOTION_TREES)
            score[outside] = rust.evaluate(table, mx[outside])
        accuracy = ((score > 0) == my).mean()
        print(f"motion or defocus: ROC AUC {roc_auc_score(my, score):.4f}, right {accuracy:.3f}")
    blur = fit_blur(rows, weight > 0)
    motion = fit(x[asked], moved[asked], trees=MOTION_TREES)
    score = rust.evaluate(blur, x) / SCALE
    real = rows["set"] == "photograph"
    report("data/blur, in sample", y[real], score[real], rows["scene"][real])
    camera = rows["set"] == "camera"
    report("camera files, held out", y[camera], score[camera], rows["scene"][camera])
    camera &= ~np.isin(rows["scene"], EMPTY)
    report("the same without two of nothing", y[camera], score[camera], rows["scene"][camera])
    return blur, motion


def check(data, dump):
    """`dump`: what `edgecull eval --features` writes."""
    with open(dump, newline="") as lines:
        reader = csv.DictReader(lines)
        different = files = 0
        for row in reader:
            values, names = features(of_jpeg(data / row["file"]))
            rust = [int(float(row["f_" + name])) for name in names]
            wrong = {n: (r, int(v)) for n, r, v in zip(names, rust, values) if r != v}
            files, different = files + 1, different + bool(wrong)
            if wrong:
                print(row["file"], "(Rust, Python)", wrong)
    print(f"{files} files, {different} differ")
    return 1 if different or not files else 0


def load(path, data, jobs):
    if path and path.exists():
        rows = dict(np.load(path))
    else:
        made = build(data, jobs)
        rows = {name: np.array([getattr(row, name) for row in made]) for name in
                ("vector", "blurred", "scene", "set", "kind")}
        rows["x"] = rows.pop("vector")
        if path:
            np.savez_compressed(path, **rows)
    rows["weight"] = np.array([WEIGHTS[name] for name in rows["set"]])
    return rows


def main():
    default = os.environ.get("EDGECULL_DATA", ROOT.parent / "shared" / "data")
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--data", type=Path, default=Path(default), help="folder of the data packs")
    ask.add_argument("--rows", type=Path, help="file to keep the rows in, or to take them from")
    ask.add_argument("--jobs", type=int, default=1, help="processes that make rows")
    ask.add_argument("--no-validation", action="store_true", help="only train and write")
    ask.add_argument("--out", type=Path, default=ROOT / "core/src/measure/blur_model.rs")
    ask.add_argument("--check", type=Path, help="features dumped by the Rust code: compare, end")
    options = ask.parse_args()
    if options.check:
        return check(options.data, options.check)
    rows = load(options.rows, options.data, options.jobs)
    counts = dict(zip(*np.unique(rows["set"], return_counts=True)))
    print("rows:", ", ".join(f"{count} {name}" for name, count in counts.items()))
    blur, motion = train(rows, not options.no_validation)
    _, names = features(of_jpeg(packs.labelled(options.data)[0].path))
    rust.write(options.out, {"BLUR": blur, "MOTION": motion}, names)
    print("written:", options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
