"""What edgecull itself says: the int8 network, run by core/examples/eyes.rs."""

import re
import struct
import subprocess
from pathlib import Path

import numpy as np

from eyes.crop import SIZE
from eyes.score import Answers, Bounds, Views

ROOT = Path(__file__).resolve().parents[3]


def bounds() -> Bounds:
    """The bounds that ship: those of core/src/eye/net.rs."""
    text = (ROOT / "core/src/eye/net.rs").read_text()
    value = lambda name: float(re.search(rf"pub const {name}: f32 = ([\d.]+);", text)[1])
    return Bounds(value("OPEN_FROM"), value("CLOSED_BELOW"), value("TOLD_FROM"),
                  value("SHARED"))


def answers(model: Path, views: Views) -> tuple[Answers, np.ndarray]:
    """States and chances of all views, and the crops as edgecull cut them."""
    command = ["cargo", "run", "--quiet", "--release", "--package", "edgecull-core", "--features", "std",
               "--example", "eyes", "--", str(model)]
    parts = []
    for picture, eyes in zip(views.pictures, views.eyes):
        height, width = picture.shape
        landmarks = np.full(10, np.nan)
        landmarks[:4] = eyes.reshape(-1)
        parts += [struct.pack("<3I10f", width, height, 1, *landmarks), picture.tobytes()]
    output = subprocess.run(command, input=b"".join(parts), stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout
    kind = np.dtype([("state", "u1"), ("chance", "<f4"), ("crop", "u1", (SIZE, SIZE))])
    both = np.frombuffer(output, kind).reshape(-1, 2)
    asked = both[np.arange(len(both)), views.which]
    return Answers(asked["chance"].astype(float), asked["state"].astype(int)), asked["crop"]
