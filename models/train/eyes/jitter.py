"""How a crop is drawn: where the detector may put it, what the camera does to it."""

import cv2
import numpy as np

from eyes import cover, crop
from eyes.packs import Eyes


def place(rng: np.random.Generator, eyes: Eyes, i: int, loose: float = 1.0) -> np.ndarray:
    """One crop, float [SIZE, SIZE], off its place as a detector's landmarks are."""
    distance = eyes.distance[i]
    if rng.random() < 0.6:
        shift = rng.normal(0, 0.045, 2)
    else:
        shift = rng.uniform(-0.13, 0.13, 2)
    scale = np.exp(np.clip(rng.normal(0, 0.1), -0.25, 0.25))
    roll = eyes.roll[i] + np.clip(rng.normal(0, 0.13), -0.45, 0.45)
    side = crop.SHARE * distance * scale
    stretch = np.exp(rng.normal(0, 0.05))
    along = np.array([np.cos(roll), np.sin(roll)]) * side * stretch
    down = np.array([-np.sin(roll + (lean := rng.normal(0, 0.04))), np.cos(roll + lean)]) * side / stretch
    if rng.random() < 0.5:
        along = -along
    pixels = eyes.pixels[i]
    centre = eyes.centre[i] + shift * distance * loose
    if rng.random() < 0.22 and side > 14:
        # Fewer pixels than there are: as little as eleven along the crop.
        less = max(11 / side, rng.uniform(0.35, 0.8))
        h, w = pixels.shape
        small = cv2.resize(pixels, (max(round(w * less), 2), max(round(h * less), 2)), interpolation=cv2.INTER_AREA)
        factor = np.array([small.shape[1] / w, small.shape[0] / h])
        pixels, centre, along, down = small, centre * factor, along * factor, down * factor
    n = crop.taps(float(np.hypot(*along)))
    return crop.cut(pixels, crop.frame(centre, along, down, n), n).astype(np.float32)


def few(rng: np.random.Generator, eyes: Eyes, i: int) -> np.ndarray:
    """An eye of four to seven pixels."""
    small = cv2.resize(place(rng, eyes, i), (side := int(rng.integers(3, 8)), side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (crop.SIZE, crop.SIZE), interpolation=cv2.INTER_LINEAR)


def camera(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Light, lens, sensor and coder: float [SIZE, SIZE] to whole 0..255."""
    if rng.random() < 0.5:
        x = 255 * (np.clip(x, 0, 255) / 255) ** np.exp(rng.normal(0, 0.35))
    if rng.random() < 0.35:
        slope = rng.normal(0, 0.35, 2)
        line = np.linspace(-1, 1, crop.SIZE, dtype=np.float32)
        x = x * np.exp(slope[0] * line[None] + slope[1] * line[:, None])
    chance = rng.random()
    if chance < 0.25:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.7))
    elif chance < 0.33:
        x = _moved(rng, x, rng.uniform(1.5, 5))
    elif chance < 0.55:
        # Finer than the patches are: as a lens and a camera's sharpening leave it.
        x = x + rng.uniform(0.3, 1.5) * (x - cv2.GaussianBlur(x, (0, 0), rng.uniform(0.7, 1.5)))
    if rng.random() < 0.5:
        x = (x - x.mean()) * np.exp(rng.normal(0, 0.35)) + x.mean() + rng.normal(0, 20)
    if rng.random() < 0.35:
        grain = rng.standard_normal(x.shape, dtype=np.float32)
        if rng.random() < 0.4:
            grain = cv2.GaussianBlur(grain, (0, 0), 0.8) * 2
        x = x + grain * max(x.std(), 6) * rng.uniform(0.02, 0.3)
    x = np.clip(np.rint(x), 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        code = cv2.imencode(".jpg", x, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 92))])[1]
        x = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    return x


def _moved(rng: np.random.Generator, x: np.ndarray, length: float) -> np.ndarray:
    size = int(2 * np.ceil(length / 2) + 1)
    kernel = np.zeros((size, size), np.float32)
    angle = rng.uniform(0, np.pi)
    step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    middle = size // 2
    a, b = ((middle + s * step) * 16 for s in (-1, 1))
    cv2.line(kernel, tuple(int(v) for v in a), tuple(int(v) for v in b), 1.0, 1, cv2.LINE_AA, 4)
    return cv2.filter2D(x, -1, kernel / max(kernel.sum(), 1e-6), borderType=cv2.BORDER_REPLICATE)


def seen(rng: np.random.Generator, eyes: Eyes, i: int, loose: float = 1.0) -> np.ndarray:
    """An eye that can be judged."""
    x = place(rng, eyes, i, loose)
    if rng.random() < 0.18:
        cover.glasses(rng, x)
    elif rng.random() < 0.08:
        cover.glint(rng, x, rng.uniform(0.3, 0.9))
    if rng.random() < 0.06:
        cover.lashes(rng, x)
    return camera(rng, x)


def hidden(rng: np.random.Generator, eyes: Eyes, i: int, other: np.ndarray) -> np.ndarray:
    """An eye of which nothing can be told; `other` is no eye [SIZE, SIZE]."""
    kind = rng.random()
    if kind < 0.34:
        x = place(rng, eyes, i)
        cover.sunglasses(rng, x)
        return camera(rng, x)
    if kind < 0.45:
        x = place(rng, eyes, i)
        cover.patch(rng, x, other)
        return camera(rng, x)
    if kind < 0.63:
        # Blurred away; grain comes after the lens.
        x = cv2.GaussianBlur(place(rng, eyes, i), (0, 0), rng.uniform(4.5, 8))
        if rng.random() < 0.5:
            x = x + rng.standard_normal(x.shape, dtype=np.float32) * x.std() * rng.uniform(0.02, 0.4)
        return np.clip(np.rint(x), 0, 255).astype(np.uint8)
    if kind < 0.77:
        return np.clip(np.rint(few(rng, eyes, i)), 0, 255).astype(np.uint8)
    return camera(rng, other)
