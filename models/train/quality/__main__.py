"""Trains, validates, exports and quantises the quality model.

    python -m quality --data ../../../shared/data --edgecull ../../target/release/edgecull

The state of pre-training is kept in --state, and so are the numbers of the photographs.
"""

import argparse
import csv
import struct
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.stats import pearsonr, spearmanr
from sklearn.model_selection import KFold
from torch import nn

from nets import export
from quality import head, inputs, looks, measures, pretrain
from quality.degrade import KINDS
from quality.net import Pretraining

STEPS = 2400
FOLDS = 10
SEEDS = (1, 2, 3)


def manifest(data: Path, name: str) -> list[dict]:
    with open(data / name, newline="") as text:
        return list(csv.DictReader(text))


def pretrained(path: Path):
    model = Pretraining(len(KINDS))
    model.load_state_dict(torch.load(path, weights_only=True)["average"])
    return model.trunk.eval().to(memory_format=torch.channels_last)


def numbers_of(data: Path, files: list[str], trunk, kept: Path) -> np.ndarray:
    """[files, inputs of the head]; kept for the next run."""
    if kept.exists():
        return np.load(kept)
    rows = []
    for file in files:
        ycc = inputs.read(data / file)
        view = inputs.view(ycc)
        numbers = measures.measures(view[..., 0], inputs.thumbnail(view))
        rows.append(np.concatenate([numbers, looks.of(trunk, ycc, view)]))
    result = np.array(rows, np.float32)
    np.save(kept, result)
    return result


def interval(scores, shown, figure, draws=2000):
    rng = np.random.default_rng(0)
    index = rng.integers(len(scores), size=(draws, len(scores)))
    return np.percentile([figure(scores[i], shown[i])[0] for i in index], [2.5, 97.5])


def report(title: str, scores: np.ndarray, shown: np.ndarray) -> None:
    parts = []
    for name, figure in (("Spearman", spearmanr), ("Pearson", pearsonr)):
        low, high = interval(scores, shown, figure)
        parts.append(f"{name} {figure(scores, shown)[0]:.4f} [{low:.4f} {high:.4f}]")
    print(f"{title}: {', '.join(parts)}", flush=True)


def cross_validate(numbers: np.ndarray, scores: np.ndarray) -> None:
    """Every photograph by heads that were fitted without it."""
    total = np.zeros(len(scores))
    for seed in SEEDS:
        shown = np.zeros(len(scores))
        for fold, (learn, test) in enumerate(KFold(FOLDS, shuffle=True, random_state=seed).split(numbers)):
            fitted = head.fit(numbers[learn], scores[learn], seed=100 * seed + fold)
            shown[test] = head.predict(fitted, numbers[test])
        report(f"{FOLDS} folds, seed {seed}, one model", scores, shown)
        total += shown / len(SEEDS)
    report(f"{FOLDS} folds, mean of {len(SEEDS)} seeds", scores, total)


class Hidden(nn.Module):
    """The head's hidden layer as a convolution: the engine's form of it."""

    def __init__(self, fitted: head.Head):
        super().__init__()
        outputs, width = fitted.hidden.weight.shape
        self.conv = nn.Conv2d(width, outputs, 1)
        self.conv.weight.data = fitted.hidden.weight.data[:, :, None, None].clone()
        self.conv.bias.data = fitted.hidden.bias.data.clone()

    def forward(self, x):
        return torch.relu(self.conv(x))


def write(out: Path, state: Path, edgecull: Path, data: Path, trunk, fitted, numbers) -> None:
    """quality.onnx, and quality.ecm: trunk, head, standard, last layer, lengths."""
    standard, model = fitted
    width, height = inputs.THUMBNAILS[0]
    export.to_onnx(trunk, (1, 3, height, width), out / "quality.onnx", ["features"], spatial=True)
    export.to_onnx(Hidden(model), (1, numbers.shape[1], 1, 1), out / "head.onnx", ["embedding"])
    seen = []
    for row in manifest(data, "quality/clive.csv")[::9]:
        ycc = inputs.read(data / row["file"])
        seen.append(inputs.thumbnail(inputs.view(ycc)))
        # Patches are part of what the trunk sees.
        near = looks.patches(ycc)
        tile = np.concatenate([np.concatenate([near[0], near[1]], 1), np.concatenate([near[2], near[0]], 1)], 0)
        seen.append(cv2.copyMakeBorder(tile, 0, 0, 0, width - 128, cv2.BORDER_REFLECT))
    seen = [s for s in seen if s.shape == (height, width, 3)]
    x = np.stack(seen).transpose(0, 3, 1, 2).astype(np.float32) / 255
    np.savez(state / "trunk.npz", input=x)
    np.savez(state / "head.npz", input=standard(numbers[:512]).numpy()[:, :, None, None])
    export.quantize(edgecull, out / "quality.onnx", state / "trunk.npz", state / "trunk.ecm",
                    "--size", f"{height}x{width}")
    export.quantize(edgecull, out / "head.onnx", state / "head.npz", state / "head.ecm")
    parts = [(state / name).read_bytes() for name in ("trunk.ecm", "head.ecm")]
    pairs = np.stack([standard.mean, standard.inverse], 1).astype("<f4").tobytes()
    last = np.append(model.score.weight.numpy()[0], model.score.bias.numpy()).astype("<f4").tobytes()
    document = b"".join(parts) + pairs + last + struct.pack("<II", *map(len, parts))
    (out / "quality.ecm").write_bytes(document)
    print(f"quality.ecm: {len(document)} bytes (trunk {len(parts[0])}, head {len(parts[1])})", flush=True)


def main() -> None:
    root = Path(__file__).resolve().parents[3]
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--data", type=Path, default=root.parent / "shared" / "data", help="folder of the data packs")
    ask.add_argument("--state", type=Path, default=root / "models/train/build/quality")
    ask.add_argument("--out", type=Path, default=root / "models/quality")
    ask.add_argument("--edgecull", type=Path, default=root / "target/release/edgecull",
                     help="edgecull with the feature onnx")
    ask.add_argument("--steps", type=int, default=STEPS, help="steps of pre-training")
    options = ask.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    options.state.mkdir(parents=True, exist_ok=True)
    state = options.state / "pretrain.pt"
    pretrain.train(options.data, state, options.steps)
    trunk = pretrained(state)
    rows = manifest(options.data, "quality/clive.csv")
    files, scores = [r["file"] for r in rows], np.array([float(r["mos"]) for r in rows]) / 100
    numbers = numbers_of(options.data, files, trunk, options.state / "clive.npy")
    cross_validate(numbers, scores)
    fitted = head.fit(numbers, scores, seed=0)
    report("all photographs, in sample", scores, head.predict(fitted, numbers))
    rows = manifest(options.data, "blur.csv")
    files, blurred = [r["file"] for r in rows], np.array([r["blur"] == "1" for r in rows])
    scenes = np.array([r["scene"] for r in rows])
    shown = head.predict(fitted, numbers_of(options.data, files, trunk, options.state / "blur.npy"))
    pairs = [(shown[(scenes == s) & ~blurred][:, None] > shown[(scenes == s) & blurred]).ravel()
             for s in np.unique(scenes)]
    pairs = np.concatenate(pairs)
    print(f"data/blur, never fitted to: the sharp one of one scene is better in {pairs.sum()} of {pairs.size} pairs")
    write(options.out, options.state, options.edgecull, options.data, trunk, fitted, numbers)


if __name__ == "__main__":
    main()
