"""Trains the face detector, makes its files and measures them.

    python -m faces --data ../../../shared/data --state build/faces --edgecull ../../target/release/edgecull

Stopped at any moment, the training goes on from its last state.
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np
import torch

from faces import data, figures
from faces.net import STRIDES, FaceNet
from faces.train import train
from nets import export

MODEL = Path(__file__).parents[2] / "faces"
OUTPUTS = [f"{kind}{stride}" for stride in STRIDES for kind in ("score", "box", "points")]
CALIBRATION = 200
CALIBRATION_SIZE = 256


def make(model: FaceNet, learn: list[data.Photo], state: Path, edgecull: Path) -> None:
    """`faces.onnx`, and `faces.ecm` calibrated with crops as trained on."""
    crops = data.Crops([p for p in learn if p.source != "lfw"], CALIBRATION_SIZE, seed=7)
    pixels = np.stack([crops.draw().pixels for _ in range(CALIBRATION)])[:, None]
    np.savez(state / "calibration.npz", x=(pixels / 255).astype(np.float32))
    export.to_onnx(model, (1, 1, 256, 320), MODEL / "faces.onnx", OUTPUTS, spatial=True)
    export.quantize(edgecull, MODEL / "faces.onnx", state / "calibration.npz", MODEL / "faces.ecm",
                    "--size", f"{CALIBRATION_SIZE}x{CALIBRATION_SIZE}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data packs")
    parser.add_argument("--state", type=Path, required=True, help="folder for the state of training")
    parser.add_argument("--edgecull", type=Path, required=True, help="edgecull, built with the feature onnx")
    parser.add_argument("--steps", type=int, default=60_000)
    parser.add_argument("--tail", type=float, default=0.25, help="share of the steps in which the rate falls")
    parser.add_argument("--peak", type=float, default=2e-3, help="learning rate")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--figures", action="store_true", help="measure the files that are there")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    learn, apart = data.load(args.data)
    if not args.figures:
        model = train(learn, apart, args.state, args.steps, args.tail, args.peak)
        make(model, learn, args.state, args.edgecull)
        print("float:", " ".join(f"{name} {value:.4f}" for name, value in figures.of(model, apart).items()))
    # From here on it is the binary with the network that it was built with.
    for path in figures.write_lists(apart, args.data, args.state / "apart"):
        least = f"{figures.LEAST.get(path.stem, 20):.0f}"
        subprocess.run([args.edgecull, "eval", path, "--task", "faces", "--min-height", least], check=True)


if __name__ == "__main__":
    main()
