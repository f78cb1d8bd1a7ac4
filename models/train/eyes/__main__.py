"""Trains the network that tells eyes, and makes all that ships of it. Stopped at any
moment, it goes on from its last state.

    python -m eyes --data ../../../shared/data --state build/eyes --edgecull ../../target/release/edgecull
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np
import torch

from eyes import crop, packs, rust, score
from eyes.batches import Batches
from eyes.train import STEPS, train
from nets import export

OUTPUT = Path(__file__).resolve().parents[2] / "eyes"


def calibration(data: Path, path: Path) -> None:
    """Crops as training draws them."""
    batches = Batches(data, 99)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=np.concatenate([batches.draw()[0] for _ in range(4)]))


def ship(model: torch.nn.Module, data: Path, state: Path, edgecull: Path) -> None:
    export.to_onnx(model, (1, 1, crop.SIZE, crop.SIZE), OUTPUT / "eyes.onnx", ["answers"])
    calibration(data, state / "calibration.npz")
    (OUTPUT / "eyes.ecm").unlink(missing_ok=True)
    # Units of 1/32 deviation about 0: what `crop.normalise` gives.
    export.quantize(edgecull, OUTPUT / "eyes.onnx", state / "calibration.npz", OUTPUT / "eyes.ecm",
                    "--mean", "128", "--std", "32")


def figures(data: Path, part: int) -> list[str]:
    """Lines of a table: each figure in float and in int8, with 95 % intervals over people."""
    bounds = rust.bounds()
    lines = ["| eyes | figure | float | int8 |", "| --- | --- | --- | --- |"]
    sets = (score.cew(data, part), score.portraits(data, part), score.portraits(data, part, 0.6), score.patches(data, part))
    for views in sets:
        real = score.float_answers(OUTPUT / "eyes.onnx", views, bounds)
        whole, cut = rust.answers(OUTPUT / "eyes.ecm", views)
        differ = np.abs(cut.astype(int) - views.crops()).max((1, 2))[views.inside()]
        columns = [score.with_intervals(views, answers) for answers in (real, whole)]
        count = f"{views.name}: {sum(views.open)} open, {len(views.open) - sum(views.open)} closed"
        for name in columns[0]:
            texts = ["{:.4f} [{:.3f} {:.3f}]".format(*column[name]) for column in columns]
            lines.append(f"| {count} | {name} | {' | '.join(texts)} |")
        print(f"{count}; crops differ from core's by {np.median(differ):.0f} levels (median of the "
              f"greatest), {differ.max()} at most", flush=True)
    for name, crops in score.covered(data, part).items():
        chances = score.chance(score.ask_float(OUTPUT / "eyes.onnx", crops))
        hidden = (bounds.states(chances[:, 0], chances[:, 1]) == score.HIDDEN).mean()
        lines.append(f"| {name}: {len(crops)} | hidden | {hidden:.3f} | |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data packs")
    parser.add_argument("--state", type=Path, required=True, help="folder for the state of training")
    parser.add_argument("--edgecull", type=Path, required=True, help="edgecull with the feature onnx")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--figures", action="store_true", help="of the network that is there; no training")
    parser.add_argument("--check", action="store_true", help="figures of the people that bounds are chosen with")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if not args.figures:
        model = train(args.data, args.state, args.steps)
        ship(model, args.data, args.state, args.edgecull.resolve())
    part = packs.CHECK if args.check else packs.APART
    print("\n".join(figures(args.data, part)), flush=True)
    portraits = args.state / "portraits.csv"
    packs.write_list(args.data, part, portraits)
    subprocess.run([args.edgecull.resolve(), "eval", portraits, "--task", "eyes"], check=True)


if __name__ == "__main__":
    main()
