"""The trunk's means over thumbnail and patches: what the head gets of the network."""

import numpy as np
import torch

from quality.inputs import PATCH, sharpest, thumbnail


def places(ycc: np.ndarray) -> list[tuple[int, int]]:
    """Left and top of three patches: most detail, half way to the left, centre."""
    h, w = ycc.shape[:2]
    found = [sharpest(ycc[..., 0]), (w // 4, h // 2 - PATCH // 2), ((w - PATCH) // 2, (h - PATCH) // 2)]
    return [(min(max(a, 0), max(w - PATCH, 0)), min(max(b, 0), max(h - PATCH, 0))) for a, b in found]


def patches(ycc: np.ndarray) -> np.ndarray:
    """[3, 64, 64, 3] of a picture at native resolution."""
    return np.stack([ycc[b : b + PATCH, a : a + PATCH] for a, b in places(ycc)])


def tensor(pixels: np.ndarray) -> torch.Tensor:
    """[n, h, w, 3] of 8 bits to [n, 3, h, w] of 0..1."""
    return (torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 255).contiguous(
        memory_format=torch.channels_last)


@torch.no_grad()
def features(trunk, small: np.ndarray, near: np.ndarray) -> np.ndarray:
    """[192]: means of the thumbnail, then of the patches."""
    whole = trunk(tensor(small[None])).mean((0, 2, 3))
    return torch.cat([whole, trunk(tensor(near)).mean((0, 2, 3))]).numpy()


def of(trunk, ycc: np.ndarray, view: np.ndarray) -> np.ndarray:
    return features(trunk, thumbnail(view), patches(ycc))
